"""A run that was cut off anywhere goes on bit for bit as if nothing had happened."""

from __future__ import annotations

import random
import resource
from collections.abc import Callable

import msgspec
import pytest

from grokterm.config import Value
from grokterm.errors import RunFolderError
from grokterm.runs.checkpoints import REGULAR, list_checkpoints, parse_name, read_info
from grokterm.runs.summary import summarize
from grokterm.trainer.checkpoint_writer import CheckpointWriter
from grokterm.trainer.opening import open_run
from grokterm.trainer.session import TrainingSession
from grokterm.wire.messages import Go
from grokterm.wire.records import Event, Scalars, Session, encode_record
from tests.needs import only_on_linux
from tests.trainer.running import TINY, Running, wait_for

NewRun = Callable[..., Running]
GROKKING = TINY.changed({"p": 11, "width": 64, "lr": 0.02, "train_fraction": 0.8, "until": 240, "measure_every": 20})
"""A run with events on its way."""
Changes = dict[int, dict[str, Value]]
CHANGES: Changes = {
    33: {"lr": 3e-3},
    70: {"arch": "transformer", "width": 24},
    95: {"batch_size": 16, "log_every": 7},
    100: {"pace": 1000.0},
}


def session_of(run: Running) -> TrainingSession:
    """The run in this process, with the log caught up with."""
    opened = open_run(run.folder)
    session = opened.session
    assert session.step == (
        read_info(found[-1]).step if (found := list_checkpoints(run.folder.checkpoint_folder)) else 0
    )
    session.begin()
    while session.run_log.replaying:
        session.advance(1000)
    session.goal_open = opened.goal_open
    session.check_goal()
    return session


def train(run: Running, cuts: random.Random | None = None, changes: Changes = CHANGES) -> None:
    """Trains through `changes` to the goal; with `cuts`, in stretches between which the process is lost."""
    session = session_of(run)
    while not session.reached:
        if cuts and cuts.random() < 0.25:
            if cuts.random() < 0.5:
                session.save(REGULAR)
            session = session_of(run)
        if session.step in changes and changes[session.step].items() - session.config.as_dict().items():
            plan = session.change(changes[session.step], keep=False, by="")
            if not cuts or cuts.random() < 0.5:
                session.after_change(plan)
        stop = min([step for step in changes if step > session.step], default=1000)
        session.advance(min(stop - session.step, cuts.randrange(1, 20) if cuts else 1000))
    session.save("finished")


def test_kill_9_at_any_moment_changes_nothing(new_run: NewRun) -> None:
    whole, broken = new_run(GROKKING, pace=500).start(), new_run(GROKKING, pace=500)
    whole.ends()
    moments = random.Random(0)
    for _ in range(2):
        broken.start()
        broken.logs(min(200, moments.randrange(1, 60) + wait_for(broken.records, "records")[-1].step))
        broken.kill()
        assert summarize(broken.folder).state == "died"
        seen = broken.training_records()
        assert seen == whole.training_records()[: len(seen)]
    broken.start().ends()
    assert broken.training_records() == whole.training_records()
    assert broken.final_tensors() == whole.final_tensors()


def test_a_run_that_is_lost_again_and_again_goes_through_its_changes_as_one_that_is_not(new_run: NewRun) -> None:
    whole = new_run(GROKKING)
    train(whole)
    assert [change.step for change in whole.history().changes] == list(CHANGES)
    assert "memorized" in {event.name for event in whole.history().events}
    for seed in range(2):
        broken = new_run(GROKKING)
        train(broken, random.Random(seed))
        assert broken.training_records() == whole.training_records()
        assert broken.final_tensors() == whole.final_tensors()


def test_a_loss_that_is_not_finite_is_repeated_too(new_run: NewRun) -> None:
    run = new_run(activation="quadratic", lr=10.0, warmup=1, until=150)
    session = session_of(run)
    while not session.diverged:
        session.advance(100)
    stuck_at = session.step
    assert session_of(run).diverged
    session = session_of(run)
    session.change({"pace": 7.0}, False, "")
    assert session_of(run).diverged
    session = session_of(run)
    session.change({"arch": "mlp", "lr": 1e-3, "activation": "relu"}, False, "")
    session.advance(100)
    for path in list_checkpoints(run.folder.checkpoint_folder):
        path.unlink()
    session = session_of(run)
    assert not session.diverged
    while not session.reached:
        session.advance(100)
    assert [event.step for event in run.history().events if event.name == "not_finite"] == [stuck_at]


def test_a_finished_run_that_is_opened_again_stays_as_it_is(new_run: NewRun) -> None:
    run = new_run(GROKKING)
    train(run, random.Random(5))
    before = run.training_records()
    run.start(paused=True)
    assert wait_for(lambda: status if (status := run.status()).state != "starting" else None).state == "finished"
    run.terminate()
    assert run.training_records() == before


@pytest.mark.parametrize("damage", ["flipped bit", "cut short", "emptied"])
def test_a_damaged_checkpoint_is_named_and_set_aside(new_run: NewRun, damage: str) -> None:
    whole, run = new_run(GROKKING), new_run(GROKKING)
    train(whole, changes={})
    session = session_of(run)
    for _ in range(9):
        session.advance(10)
    session.save(REGULAR)
    assert open_run(run.folder).session.step == 90
    newest = list_checkpoints(run.folder.checkpoint_folder)[-1]
    content = bytearray(newest.read_bytes())
    content[-7] ^= 1
    newest.write_bytes({"flipped bit": content, "cut short": content[:-7], "emptied": bytearray()}[damage])
    opened = open_run(run.folder)
    assert any(newest.name in words for words in opened.words)
    assert newest not in list_checkpoints(run.folder.checkpoint_folder)
    assert newest.with_name(newest.name + ".unusable").exists()
    run.folder.log_path.write_bytes(run.folder.log_path.read_bytes() + b'{"kind":"scalars","st')
    train(run, changes={})
    assert run.training_records() == whole.training_records()
    assert run.final_tensors() == whole.final_tensors()


def test_a_checkpoint_beyond_the_log_is_not_used(new_run: NewRun) -> None:
    run = new_run(GROKKING)
    session = session_of(run)
    while session.step < 90:
        session.advance(10)
    session.save(REGULAR)
    lines = run.folder.log_path.read_bytes().splitlines(keepends=True)
    run.folder.log_path.write_bytes(b"".join(lines[:5]))
    opened = open_run(run.folder)
    assert opened.session.step <= 50
    assert any("the log does not lead to it" in words for words in opened.words)


def test_a_log_that_training_does_not_repeat_is_kept_and_that_is_said(new_run: NewRun) -> None:
    """As when a run goes on with other threads, or on another device."""
    run = new_run(GROKKING)
    session = session_of(run)
    while session.step < 60:
        session.advance(10)
    records = run.training_records()
    altered = [
        msgspec.structs.replace(record, train_loss=9.0) if isinstance(record, Scalars) and record.step == 40 else record
        for record in records
        if not isinstance(record, Event) or record.step < 40
    ]
    run.folder.log_path.write_bytes(b"".join(map(encode_record, altered)))
    for path in list_checkpoints(run.folder.checkpoint_folder):
        path.unlink()
    session = session_of(run)
    assert session.run_log.differs_at == 40
    assert run.training_records()[: len(altered)] == altered
    assert (session.step, session.run_log.position) == (60, len(run.training_records()))


def test_room_is_made_and_that_is_said(new_run: NewRun) -> None:
    run = new_run(GROKKING)
    session = session_of(run)
    session.checkpoint_writer = CheckpointWriter(run.folder, limit=60_000)
    for i in range(12):
        session.advance(5)
        session.after_change(session.change({"weight_decay": 1.0 + i}, False, ""))
    assert sum(path.stat().st_size for path in run.folder.path.rglob("*")) < 60_000 + 20_000
    assert any("change" in name for name in session.checkpoint_writer.removed)
    assert len(list_checkpoints(run.folder.checkpoint_folder)) >= 1
    train(run, changes={})


def test_a_damaged_line_of_the_log_is_told_in_one_sentence(new_run: NewRun) -> None:
    run = new_run(GROKKING)
    train(run)
    lines = run.folder.log_path.read_bytes().splitlines(keepends=True)
    run.folder.log_path.write_bytes(b"".join([*lines[:3], b'{"kind":"scalars"}\n', *lines[3:]]))
    with pytest.raises(RunFolderError, match=r"line 4 of .* is damaged"):
        open_run(run.folder)


@only_on_linux
def test_a_full_disk_pauses_training_until_there_is_room(new_run: NewRun) -> None:
    whole, run = new_run(GROKKING, until=400), new_run(GROKKING, until=400, pace=500)
    session = session_of(whole)
    while not session.reached:
        session.advance(1000)
    session.save("finished")
    run.start()
    run.reaches(20)
    unlimited = resource.prlimit(run.pid, resource.RLIMIT_FSIZE)
    full = run.folder.log_path.stat().st_size + 1000
    resource.prlimit(run.pid, resource.RLIMIT_FSIZE, (full, unlimited[1]))
    paused = wait_for(lambda: status if (status := run.status()).state == "paused" else None)
    assert "cannot be written" in paused.words
    assert run.folder.log_path.read_bytes().endswith(b"\n")
    refused = run.command(Go(0))
    assert not refused.ok
    assert "cannot be written" in refused.words
    resource.prlimit(run.pid, resource.RLIMIT_FSIZE, unlimited)
    run.ends()
    assert run.training_records() == whole.training_records()
    assert run.final_tensors() == whole.final_tensors()
    assert [record.name for record in run.records() if isinstance(record, Session)][1:3] == ["paused", "resumed"]


def test_marks_tell_where_a_checkpoint_stands(new_run: NewRun) -> None:
    run = new_run(GROKKING)
    train(run)
    events = {event.step for event in run.history().events if isinstance(event, Event)}
    marks = [read_info(path) for path in list_checkpoints(run.folder.checkpoint_folder)]
    assert events <= {mark.step for mark in marks}
    assert [(mark.step, mark.changes, mark.reason) for mark in marks] == [
        parse_name(path) for path in list_checkpoints(run.folder.checkpoint_folder)
    ]
