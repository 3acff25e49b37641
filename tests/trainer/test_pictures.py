"""Pictures: made once for one model, and put off where they would take more than their share."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

from grokterm.analysis.cancellation import CancelledError, cancellable
from grokterm.config import Config
from grokterm.errors import ConfigError
from grokterm.lab.engine import Engine
from grokterm.picture import PictureRequest
from grokterm.runs.folder import RunFolder
from grokterm.trainer.pictures import AHEAD, SHARE, PendingLooks, PictureMaker
from grokterm.training.checkpoint_series import CheckpointSeries
from grokterm.wire.messages import Look
from tests.trainer.conftest import NewConnection
from tests.trainer.running import TINY
from tests.wanted import wanted


def fresh_maker(folder: Path) -> PictureMaker:
    return PictureMaker(CheckpointSeries(RunFolder(folder)))


def test_pictures_that_were_dear_are_put_off_while_training(new_connection: NewConnection) -> None:
    looks, one, two = PendingLooks(), new_connection(), new_connection()
    assert looks.add(one, Look(1, wanted("table"))) is None
    assert looks.due(training=True) == [(one, Look(1, wanted("table")))]
    assert looks.wait() == math.inf
    looks.spent(1000.0)
    looks.add(one, Look(2, wanted("table")))
    looks.add(two, Look(5, wanted("spectrum")))
    assert looks.add(one, Look(3, wanted("spectrum"))) == Look(2, wanted("table"))
    assert looks.due(training=True) == []
    assert 9000 < looks.wait() < math.inf  # less than a tenth of the time
    two.closed = True
    assert looks.due(training=False) == [(one, Look(3, wanted("spectrum")))]
    assert looks.due(training=False) == []


def test_what_was_not_shown_last_comes_sooner(new_connection: NewConnection) -> None:
    looks, viewer = PendingLooks(), new_connection()
    table = Look(1, wanted("table"))
    looks.add(viewer, table)
    looks.spent(0.0)
    assert looks.due(training=True) == [(viewer, table)]
    looks.spent(0.1 * AHEAD)  # puts it off for longer than AHEAD
    for again in (table, Look(2), Look(3, wanted("table", "table"))):
        looks.add(viewer, again)
        assert looks.due(training=True) == []
        assert AHEAD / 2 < looks.wait() < 0.1 * AHEAD / SHARE
    looks = PendingLooks()
    looks.add(viewer, table)
    assert looks.due(training=True) == [(viewer, table)]
    looks.spent(0.05 * AHEAD)
    looks.add(viewer, table)
    assert looks.due(training=True) == []
    for new in (Look(4, wanted("spectrum", "table")), Look(5, wanted("waves"))):
        looks.add(viewer, new)
        assert looks.wait() == 0
        assert looks.due(training=True) == [(viewer, new)]
        looks.add(viewer, new)
        assert looks.due(training=True) == []


def test_what_comes_sooner_takes_no_more_than_its_share(new_connection: NewConnection) -> None:
    looks, viewer, answered = PendingLooks(), new_connection(), 0
    for page in range(200):
        looks.add(viewer, Look(page, (PictureRequest("clocks", {"page": page}),)))
        if looks.due(training=True):
            answered += 1
            looks.spent(0.1)
    # Each costs 0.1 s and puts the next one off by 0.1 · (1 / SHARE − 1) s; all come within a moment.
    assert answered == 1 + int(AHEAD / (0.1 * (1 / SHARE - 1)))


def test_a_new_look_that_was_given_up_is_new_again(new_connection: NewConnection) -> None:
    looks, viewer = PendingLooks(), new_connection()
    look = Look(1, wanted("table"))
    looks.add(viewer, look)
    assert looks.due(training=True) == [(viewer, look)]
    looks.spent(0.05 * AHEAD)
    assert looks.put_back(viewer, look)
    assert looks.due(training=True) == [(viewer, look)]


@pytest.mark.parametrize(("names", "cheap"), [((), True), (("task",), True), (("task", "table"), False)])
def test_what_costs_nothing_is_answered_at_once(names: tuple[str, ...], cheap: bool) -> None:
    assert PendingLooks.is_cheap(Look(1, wanted(*names))) is cheap


def test_a_picture_of_one_model_is_made_once(tmp_path: Path) -> None:
    maker, engine = fresh_maker(tmp_path), Engine(TINY)
    [first] = maker.make(Look(0, wanted("table", "table")), engine, 0)
    assert maker.make(Look(0, wanted("table")), engine, 0) == (first,)
    assert maker.make(Look(0, wanted("table")), engine, 0)[0] is first
    engine.advance(1)
    assert maker.make(Look(0, wanted("table")), engine, 0)[0] is not first
    assert first.prediction.shape == (7, 7)


def test_a_table_can_be_given_up(tmp_path: Path) -> None:
    def refuse() -> None:
        raise CancelledError

    maker, engine = fresh_maker(tmp_path), Engine(TINY)
    with cancellable(refuse), pytest.raises(CancelledError):
        maker.make(Look(0, wanted("table")), engine, 0)
    assert maker.make(Look(0, wanted("table")), engine, 0)


def test_pairs_without_a_label(tmp_path: Path) -> None:
    [task] = fresh_maker(tmp_path).make(Look(0, wanted("task")), Engine(TINY.changed({"op": "divide"})), 0)
    assert (task.label[:, 0] == -1).all()
    assert 0 <= task.label[:, 1:].min() < task.label[:, 1:].max() < 7
    assert not task.trained[:, 0].any()
    assert task.trained.sum() == 21


def test_an_operation_without_a_spectrum(tmp_path: Path) -> None:
    [made] = fresh_maker(tmp_path).make(Look(0, wanted("spectrum")), Engine(TINY.changed({"op": "x3+xy"})), 0)
    assert made.arrays == {}
    assert made.summary.startswith("no invertible basis: no order of residues makes a³ + ab a sum")


def test_key_frequencies_go_on_from_the_estimate_last_logged(tmp_path: Path) -> None:
    engine = Engine(Config(p=31, d_model=64, width=32, device="cpu"))
    angle = 2 * np.pi * np.arange(31) / 31
    for table in engine.model.input_tables(engine.parameters):
        table[:] = table.new_tensor(np.cos(5 * angle) + 0.22 * np.cos(9 * angle))[:, None]
    logged: list[int] = []
    maker = PictureMaker(CheckpointSeries(RunFolder(tmp_path)), keys=lambda step: tuple(logged))
    [made] = maker.make(Look(0, wanted("spectrum")), engine, 0)
    assert made.keys.tolist() == [5]
    logged += [5, 9]
    [made] = maker.make(Look(0, wanted("spectrum")), engine, 1)
    assert made.keys.tolist() == [5, 9]


def test_a_picture_has_its_arrays_or_says_why_not(tmp_path: Path) -> None:
    maker = fresh_maker(tmp_path)
    request = PictureRequest("circles", {})
    [made] = maker.make(Look(0, (request,)), Engine(TINY), 0)
    assert made.request == request
    assert made.circles.shape == (3, 7, 2)
    [made] = fresh_maker(tmp_path).make(Look(0, (request,)), Engine(TINY.changed({"op": "x3+xy"})), 0)
    assert not made.arrays
    assert made.summary.startswith("no invertible basis: ")


def test_an_unknown_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="circels"):
        fresh_maker(tmp_path).make(Look(0, wanted("circels")), Engine(TINY), 0)


def test_the_split_follows_the_training_set_and_its_labels(tmp_path: Path) -> None:
    maker, engine = fresh_maker(tmp_path), Engine(TINY)
    [first] = maker.make(Look(0, wanted("task")), engine, 0)
    assert maker.make(Look(0, wanted("task")), engine, 0)[0] is first
    engine.apply_settings(engine.config.changed({"train_fraction": 0.2, "corrupt": 0.5}))
    [task] = maker.make(Look(0, wanted("task")), engine, 1)
    assert task.settings.tolist() == pytest.approx([0.2, 0.5])
    assert (first.trained.sum(), task.trained.sum()) == (24, 9)
    assert np.array_equal(task.label, first.label)
    wrong = task.given != task.label
    assert wrong.sum() == 4
    assert (wrong <= task.trained).all()


def test_a_picture_of_the_past_follows_the_model_of_now(tmp_path: Path) -> None:
    """It may be drawn on the axes of that."""
    now, then = Engine(TINY), Engine(TINY)
    present = fresh_maker(tmp_path)
    past = PictureMaker(CheckpointSeries(RunFolder(tmp_path)), lambda: present.model_at_step(now, 0))
    look = Look(0, wanted("components"))
    [first] = past.make(look, then, 0)
    assert past.make(look, then, 0)[0] is first
    now.advance(50)
    [other] = past.make(look, then, 0)
    assert not np.array_equal(first.points, other.points)
