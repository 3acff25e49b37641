"""Frames: made once for one model, and put off where they would take more than their share."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from grokterm.analysis.cancellation import CancelledError, cancellable
from grokterm.config import Config
from grokterm.errors import ConfigError
from grokterm.lab.engine import Engine
from grokterm.runs.folder import RunFolder
from grokterm.trainer.frames import AHEAD, SHARE, Frames, PendingLooks
from grokterm.training.checkpoint_series import CheckpointSeries
from grokterm.wire.messages import Look, PictureFrame, PictureRequest, SpectrumFrame, TableFrame, TaskFrame
from tests.trainer.conftest import NewConnection
from tests.trainer.running import TINY


def fresh_frames(folder: Path) -> Frames:
    return Frames(CheckpointSeries(RunFolder(folder)))


def test_frames_that_were_dear_are_put_off_while_training(new_connection: NewConnection) -> None:
    looks, one, two = PendingLooks(), new_connection(), new_connection()
    assert looks.add(one, Look(1, ("table",))) is None
    assert looks.due(training=True) == [(one, Look(1, ("table",)))]
    assert looks.wait() == math.inf
    looks.spent(1000.0)
    looks.add(one, Look(2, ("table",)))
    looks.add(two, Look(5, ("spectrum",)))
    assert looks.add(one, Look(3, ("spectrum",))) == Look(2, ("table",))
    assert looks.due(training=True) == []
    assert 9000 < looks.wait() < math.inf  # less than a tenth of the time
    two.closed = True
    assert looks.due(training=False) == [(one, Look(3, ("spectrum",)))]
    assert looks.due(training=False) == []


def test_what_was_not_shown_last_comes_sooner(new_connection: NewConnection) -> None:
    looks, viewer = PendingLooks(), new_connection()
    table = Look(1, ("table",))
    looks.add(viewer, table)
    looks.spent(0.0)
    assert looks.due(training=True) == [(viewer, table)]
    looks.spent(0.1 * AHEAD)  # puts it off for longer than AHEAD
    for again in (table, Look(2, ()), Look(3, ("table",), picture=None)):
        looks.add(viewer, again)
        assert looks.due(training=True) == []
        assert AHEAD / 2 < looks.wait() < 0.1 * AHEAD / SHARE
    looks = PendingLooks()
    looks.add(viewer, table)
    assert looks.due(training=True) == [(viewer, table)]
    looks.spent(0.05 * AHEAD)
    looks.add(viewer, table)
    assert looks.due(training=True) == []
    for new in (Look(4, ("spectrum", "table")), Look(5, (), picture=PictureRequest("waves"))):
        looks.add(viewer, new)
        assert looks.wait() == 0
        assert looks.due(training=True) == [(viewer, new)]
        looks.add(viewer, new)
        assert looks.due(training=True) == []


def test_what_comes_sooner_takes_no_more_than_its_share(new_connection: NewConnection) -> None:
    looks, viewer, answered = PendingLooks(), new_connection(), 0
    for page in range(200):
        looks.add(viewer, Look(page, (), picture=PictureRequest("clocks", {"page": page})))
        if looks.due(training=True):
            answered += 1
            looks.spent(0.1)
    # Each costs 0.1 s and puts the next one off by 0.1 · (1 / SHARE − 1) s; all come within a moment.
    assert answered == 1 + int(AHEAD / (0.1 * (1 / SHARE - 1)))


def test_a_new_look_that_was_given_up_is_new_again(new_connection: NewConnection) -> None:
    looks, viewer = PendingLooks(), new_connection()
    look = Look(1, ("table",))
    looks.add(viewer, look)
    assert looks.due(training=True) == [(viewer, look)]
    looks.spent(0.05 * AHEAD)
    assert looks.put_back(viewer, look)
    assert looks.due(training=True) == [(viewer, look)]


@pytest.mark.parametrize(("frames", "cheap"), [((), True), (("task",), True), (("task", "table"), False)])
def test_what_costs_nothing_is_answered_at_once(frames: tuple[str, ...], cheap: bool) -> None:
    assert PendingLooks.is_cheap(Look(1, frames)) is cheap  # type: ignore[arg-type]


def test_a_frame_of_one_model_is_made_once(tmp_path: Path) -> None:
    frames, engine = fresh_frames(tmp_path), Engine(TINY)
    [first] = frames.make(Look(0, ("table", "table")), engine, 0)
    assert frames.make(Look(0, ("table",)), engine, 0) == (first,)
    assert frames.make(Look(0, ("table",)), engine, 0)[0] is first
    engine.advance(1)
    assert frames.make(Look(0, ("table",)), engine, 0)[0] is not first
    assert isinstance(first, TableFrame)


def test_a_table_can_be_given_up(tmp_path: Path) -> None:
    def refuse() -> None:
        raise CancelledError

    frames, engine = fresh_frames(tmp_path), Engine(TINY)
    with cancellable(refuse), pytest.raises(CancelledError):
        frames.make(Look(0, ("table",)), engine, 0)
    assert frames.make(Look(0, ("table",)), engine, 0)


def test_pairs_without_a_label(tmp_path: Path) -> None:
    [task] = fresh_frames(tmp_path).make(Look(0, ("task",)), Engine(TINY.changed({"op": "divide"})), 0)
    assert isinstance(task, TaskFrame)
    label = task.label.numpy()
    assert (label[:, 0] == 65535).all()
    assert label[:, 1:].max() < 7
    assert not task.trained.numpy()[:, 0].any()
    assert task.trained.numpy().sum() == 21


def test_an_operation_without_a_spectrum(tmp_path: Path) -> None:
    [frame] = fresh_frames(tmp_path).make(Look(0, ("spectrum",)), Engine(TINY.changed({"op": "x3+xy"})), 0)
    assert isinstance(frame, SpectrumFrame)
    assert frame.basis == "none"
    assert frame.words
    assert frame.norms.numpy().shape == (0,)


def test_key_frequencies_go_on_from_the_estimate_last_logged(tmp_path: Path) -> None:
    engine = Engine(Config(p=31, d_model=64, width=32, device="cpu"))
    angle = 2 * np.pi * np.arange(31) / 31
    for table in engine.model.input_tables(engine.parameters):
        table[:] = table.new_tensor(np.cos(5 * angle) + 0.22 * np.cos(9 * angle))[:, None]
    logged: list[int] = []
    frames = Frames(CheckpointSeries(RunFolder(tmp_path)), keys=lambda step: tuple(logged))
    [frame] = frames.make(Look(0, ("spectrum",)), engine, 0)
    assert isinstance(frame, SpectrumFrame)
    assert frame.key_frequencies == (5,)
    logged += [5, 9]
    [frame] = frames.make(Look(0, ("spectrum",)), engine, 1)
    assert isinstance(frame, SpectrumFrame)
    assert frame.key_frequencies == (5, 9)


def test_a_picture_has_its_arrays_or_says_why_not(tmp_path: Path) -> None:
    frames = fresh_frames(tmp_path)
    request = PictureRequest("circles", {})
    [frame] = frames.make(Look(0, (), picture=request), Engine(TINY), 0)
    assert isinstance(frame, PictureFrame)
    assert frame.request == request
    assert frame.arrays["circles"].numpy().shape == (3, 7, 2)
    [frame] = fresh_frames(tmp_path).make(Look(0, (), picture=request), Engine(TINY.changed({"op": "x3+xy"})), 0)
    assert isinstance(frame, PictureFrame)
    assert not frame.arrays
    assert frame.words.startswith("no invertible basis: ")


def test_an_unknown_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="circels"):
        fresh_frames(tmp_path).make(Look(0, (), picture=PictureRequest("circels")), Engine(TINY), 0)


def test_the_split_follows_the_training_set_and_its_labels(tmp_path: Path) -> None:
    frames, engine = fresh_frames(tmp_path), Engine(TINY)
    [first] = frames.make(Look(0, ("task",)), engine, 0)
    assert frames.make(Look(0, ("task",)), engine, 0)[0] is first
    engine.apply_settings(engine.config.changed({"train_fraction": 0.2, "corrupt": 0.5}))
    [task] = frames.make(Look(0, ("task",)), engine, 1)
    assert isinstance(first, TaskFrame)
    assert isinstance(task, TaskFrame)
    assert (task.train_fraction, task.corrupt) == (0.2, 0.5)
    assert (first.trained.numpy().sum(), task.trained.numpy().sum()) == (24, 9)
    assert np.array_equal(task.label.numpy(), first.label.numpy())
    wrong = task.given.numpy() != task.label.numpy()
    assert wrong.sum() == 4
    assert (wrong <= task.trained.numpy()).all()


def test_a_picture_of_the_past_follows_the_model_of_now(tmp_path: Path) -> None:
    """It may be drawn on the axes of that."""
    now, then = Engine(TINY), Engine(TINY)
    present = fresh_frames(tmp_path)
    past = Frames(CheckpointSeries(RunFolder(tmp_path)), lambda: present.model_at_step(now))
    look = Look(0, (), picture=PictureRequest("components"))
    [first] = past.make(look, then, 0)
    assert past.make(look, then, 0)[0] is first
    now.advance(50)
    [other] = past.make(look, then, 0)
    assert isinstance(first, PictureFrame)
    assert isinstance(other, PictureFrame)
    assert not np.array_equal(first.arrays["points"].numpy(), other.arrays["points"].numpy())
