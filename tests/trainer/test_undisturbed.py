"""What goes on around a trainer changes neither its results nor its clock."""

from __future__ import annotations

import asyncio
import os
import random
import signal
import time
from collections.abc import Callable

import psutil

from grokterm.wire.client import Client
from grokterm.wire.messages import Answer, Go, Look, Pause, Predict, Request, encode_message
from tests.trainer.running import Running, change, wait_for
from tests.trainer.test_faults import call
from tests.trainer.test_resume import GROKKING, train
from tests.wanted import wanted

NewRun = Callable[..., Running]


async def visit(run: Running, seed: int, read: bool) -> int:
    """Looks about now and then and at random; the number of replies. One that does not read asks all the same."""
    choose, replies = random.Random(seed), 0
    viewer = await Client.connect(run.socket)
    while run.sessions()[-1:] != ["finished"]:
        at = choose.choice([None, choose.randrange(GROKKING.max_steps), choose.randrange(20)])
        looks: list[Request] = [Look(0, wanted("task", "table", "spectrum"), at), Predict(0, 1, 2, at=at)]
        request = choose.choice(looks)
        asked = asyncio.create_task(viewer.ask(request))
        if read:
            await asked
            replies += 1
        else:
            await asyncio.sleep(0.01)
            asked.cancel()
    await viewer.close()
    return replies


async def test_twenty_viewers_change_nothing(new_run: NewRun) -> None:
    """They look at the present and the past, come and go, and some never wait for a reply."""
    run, whole = new_run(GROKKING, pace=200), new_run(GROKKING)
    run.start(paused=True)
    viewers = [asyncio.create_task(visit(run, seed, read=seed % 4 > 0)) for seed in range(20)]
    silent = [call(run) for _ in range(5)]
    for stream in silent:
        stream.sendall(100 * encode_message(Look(1, wanted("task", "table"))))
    assert await asyncio.to_thread(run.command, Go(0)) == Answer(1, True, "goes on", 0)
    replies = await asyncio.gather(*viewers)
    assert sum(reply > 0 for reply in replies) == 15
    for stream in silent:
        stream.close()
    run.ends()
    train(whole, changes={})
    assert run.training_records() == whole.training_records()
    assert run.final_tensors() == whole.final_tensors()


def test_a_suspended_trainer_neither_counts_the_time_nor_makes_up_for_it(new_run: NewRun) -> None:
    pace, away = 50.0, 2.0
    run = new_run(pace=pace).start()
    run.reaches(50)
    began, before = time.monotonic(), run.status()
    os.kill(run.pid, signal.SIGSTOP)
    wait_for(lambda: psutil.Process(run.pid).status() == psutil.STATUS_STOPPED, "the stop")
    stopped = time.monotonic()
    wait_for(lambda: time.monotonic() > stopped + away, "its end")
    os.kill(run.pid, signal.SIGCONT)
    after = run.reaches(before.step + 50)
    passed = time.monotonic() - began
    assert after.seconds - before.seconds < passed - away / 2
    # A quarter of a second is made up for at most.
    assert after.step - before.step < (passed - away) * pace + 0.25 * pace + 3
    assert 0 < after.steps_per_second < 2 * pace
    assert run.command(Pause(0)).ok
    os.kill(run.pid, signal.SIGSTOP)
    os.kill(run.pid, signal.SIGCONT)
    run.sleeps()


def test_a_message_that_comes_again_changes_nothing_more(new_run: NewRun) -> None:
    run = new_run().start(paused=True)
    message = encode_message(change(weight_decay=3.0))
    for _ in range(2):
        with call(run) as stream:
            stream.sendall(50 * message)
            stream.recv(1)
    wait_for(lambda: run.history().changes)
    assert run.command(change(weight_decay=3.0)).words == "nothing to change"
    assert [logged.words for logged in run.history().changes] == ["weight decay 1 → 3"]


def test_a_folder_that_takes_no_checkpoints_pauses_training(new_run: NewRun) -> None:
    run = new_run(GROKKING, pace=500, until=2000, log_every=50).start()
    run.reaches(10)
    assert run.command(Pause(0)).ok
    folder = run.folder.checkpoint_folder
    elsewhere = folder.with_name("elsewhere")
    if folder.exists():
        folder.rename(elsewhere)
    folder.write_bytes(b"")
    assert run.command(Go(0)).ok
    assert run.command(change(weight_decay=2.0)).ok
    paused = wait_for(lambda: status if (status := run.status()).state == "paused" else None)
    assert "cannot be written" in paused.words
    assert not run.command(Go(0)).ok
    folder.unlink()
    if elsewhere.exists():
        elsewhere.rename(folder)
    assert any("cannot be written" in session.words for session in run.history().sessions)
    assert run.command(Go(0)).ok
    run.reaches(paused.step + 50)
    assert run.status().words == ""
