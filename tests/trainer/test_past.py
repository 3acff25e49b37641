"""The model of any step of the past is the one that was there, bit for bit."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator, Sequence
from typing import TypeVar

import pytest

from grokterm.config import Value
from grokterm.errors import RunFolderError
from grokterm.picture import Picture
from grokterm.runs.checkpoints import list_checkpoints
from grokterm.wire.client import Client
from grokterm.wire.messages import Answer, Go, Look, Pause, Pictures, Predict, Prediction, Reply
from tests.trainer.lived import CHANGES, LAST, SMALL, Changes, Lived, NewRun, arrive, bits
from tests.trainer.running import TINY, Running, change, wait_for
from tests.wanted import wanted


@pytest.mark.parametrize("batch_size", ["full", 16])
@pytest.mark.parametrize("arch", ["one-hot", "transformer"])
def test_every_step_is_found_again(new_run: NewRun, arch: str, batch_size: Value) -> None:
    run = new_run(SMALL, arch=arch, batch_size=batch_size)
    other: dict[str, Value] = {"arch": "one-hot" if arch == "transformer" else "transformer"}
    changes: Changes = {**CHANGES, 70: [other, {"lr": 3e-3}]}
    lived = Lived.through(run, changes)
    assert len(lived.session.run_log.index.changes) == 7
    past = lived.past(run)
    order = random.Random(1)
    steps = [0, LAST, 70, 33, *range(60, 80, 3), *range(80, 60, -4), *order.choices(range(LAST + 1), k=10)]
    for step in steps:
        assert arrive(past, step, order.choice([0.0, 0.001, 1.0])) == lived.bits[step]
    for path in list_checkpoints(run.folder.checkpoint_folder):
        path.unlink()
    assert arrive(lived.past(run), 96) == lived.bits[96]


def test_ways_back_and_forth_need_no_file(new_run: NewRun) -> None:
    run = new_run(SMALL)
    lived = Lived.through(run, CHANGES)
    past = lived.past(run)
    arrive(past, 137)
    shutil.rmtree(run.folder.checkpoint_folder)
    run.folder.config_path.unlink()
    for step in (136, 135, 137, 140, 123, LAST, 130, 138):
        assert arrive(past, step) == lived.bits[step]
    past.free()
    assert past.step is None
    with pytest.raises(RunFolderError):
        past.advance_to(137, 1.0)


def test_what_is_kept_is_bounded(new_run: NewRun) -> None:
    run = new_run(SMALL)
    lived = Lived.through(run, {})
    past = lived.past(run, cache_bytes=1)
    for step in (140, 20, 139, 21):
        assert arrive(past, step, 1.0) == lived.bits[step]


def test_damaged_checkpoints_are_passed_over(new_run: NewRun) -> None:
    run = new_run(SMALL)
    lived = Lived.through(run, CHANGES)
    for path in list_checkpoints(run.folder.checkpoint_folder):
        path.write_bytes(path.read_bytes()[:-1])
    past = lived.past(run)
    for step in (100, 110, 90):
        assert arrive(past, step, 1.0) == lived.bits[step]


def test_the_present_is_remembered_and_later_changes_are_followed(new_run: NewRun) -> None:
    run = new_run(SMALL)
    lived = Lived.through(run, {}, last=60)
    session, past = lived.session, lived.past(run)
    past.cache_state(session.engine, session.run_log.changes)
    assert past.advance_to(60, 0.0) is not None
    session.change({"arch": "mlp"}, False, "")
    session.advance(5)
    now = bits(session.engine)
    assert arrive(past, session.step) == now
    assert arrive(past, 60) == lived.bits[60]


Kind = TypeVar("Kind", Pictures, Prediction, Answer)


def of_kind(kind: type[Kind], reply: Reply) -> Kind:
    assert isinstance(reply, kind), reply
    return reply


def contents(pictures: Sequence[Picture]) -> list[bytes]:
    """All numbers of some pictures."""
    return [array.tobytes() for picture in pictures for array in picture.arrays.values()]


def test_a_trainer_shows_what_it_showed_then(new_run: NewRun) -> None:
    """Step by step with live looks; then back to each of them, paused and while it trains on."""
    run = new_run(p=11).start(paused=True)
    live: dict[int, list[bytes]] = {}
    for values in ({}, {"weight_decay": 4.0}, {"arch": "transformer"}, {"batch_size": 8}, {}):
        if values:
            assert run.command(change(**values)).ok
        assert run.command(Go(0, 9)).ok
        wait_for(lambda: run.status().state == "paused")
        now = of_kind(Pictures, run.ask(Look(0, wanted("task", "table")))).pictures
        assert not any(picture.past for picture in now)
        live[now[0].step] = contents(now)
    assert list(live) == [9, 18, 27, 36, 45]
    for step, now_bytes in reversed(live.items()):
        then = of_kind(Pictures, run.ask(Look(0, wanted("task", "table"), step)))
        assert contents(then.pictures) == now_bytes
        assert all(picture.past and picture.step == step for picture in then.pictures)
    assert run.command(Go(0)).ok
    for step, now_bytes in live.items():
        then = of_kind(Pictures, run.ask(Look(0, wanted("table", "spectrum"), step)))
        assert (then.pictures[0].step, contents(then.pictures[:1])) == (step, now_bytes[-2:])
        assert then.status.step > 45
        asked = of_kind(Prediction, run.ask(Predict(0, 1, 2, at=step)))
        table = then.pictures[0]
        assert (asked.step, asked.answers[0][0]) == (step, table.prediction[1, 2])
    assert run.status().past is None


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (Look(0, wanted("table"), -1), "step -1 is not in this run: it has steps 0 to "),
        (Look(0, (), 10**15), "step 1,000,000,000,000,000 is not in this run"),
        (Predict(0, 7, 0, at=0), "a and b must be from 0 to 6"),
    ],
)
def test_what_cannot_be_visited(paused: Running, request_: Look | Predict, words: str) -> None:
    answer = paused.command(request_)
    assert not answer.ok
    assert answer.words.startswith(words)


@pytest.fixture(scope="module")
def paused(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    run = Running(tmp_path_factory.mktemp("home"), TINY).start(paused=True)
    yield run
    run.clean_up()


async def test_training_goes_on_while_somebody_is_on_a_long_way(new_run: NewRun) -> None:
    run = new_run(log_every=1000).start()
    run.reaches(600)
    for path in list_checkpoints(run.folder.checkpoint_folder):
        path.unlink()
    viewer = await Client.connect(run.socket)
    before = run.status().step
    view = of_kind(Pictures, await viewer.ask(Look(0, wanted("table"), 550)))
    assert [picture.step for picture in view.pictures] == [550]
    assert view.status.step > before
    assert of_kind(Answer, await viewer.ask(Pause(0))).ok
    await viewer.close()
