"""Evidence: what is read from the log of a run and from the records of a sweep."""

from __future__ import annotations

import math

import pytest

from grokterm.config import Config, Value
from grokterm.errors import RunFolderError
from grokterm.reproductions.evidence import RunLog, SweepLog, ratios
from grokterm.runs.history import History
from grokterm.wire.records import Event, Progress, Scalars, Structure
from grokterm.wire.swept import SweptRun


def scalars(step: int, train: float, test: float, keys: tuple[int, ...] = ()) -> Scalars:
    return Scalars(
        step=step, seconds=step / 10, train_loss=1.0, test_loss=None if step == 20 else 2.0, train_accuracy=train,
        test_accuracy=test, sum_squared_weights=100.0 - step, gradient_norm=1.0, key_frequencies=keys,
    )  # fmt: skip


@pytest.fixture
def log() -> RunLog:
    history = History(Config(p=11))
    history.add(
        [
            scalars(0, 0.1, 0.1),
            scalars(10, 0.995, 0.2),
            Event(10, "memorized", "memorized"),
            Progress(10, restricted_test_loss=1.0),
            scalars(20, 1.0, 0.96, (2, 3)),
            Event(20, "grokked_95", "test accuracy reached 95 %"),
            Progress(20, restricted_test_loss=0.25),
            Structure(20, explained_neurons=0.5),
        ]
    )
    return RunLog(history)


def test_a_run_is_read_by_its_log(log: RunLog) -> None:
    assert log.step("memorized_step") == 10
    assert log.step("grokked_step_95") == 20
    assert log.step() == math.inf
    assert log.event("memorized") == 10
    assert log.event("clean_up") == math.inf
    assert log.last("test_accuracy") == 0.96
    assert math.isnan(log.last("test_loss"))
    assert log.last("restricted_test_loss") == 0.25
    assert math.isnan(log.last("distance_irrelevance"))
    assert log.largest("sum_squared_weights") == 100
    assert log.first_step("restricted_test_loss", lambda loss: loss < 0.5) == 20
    assert log.first_step("restricted_test_loss", lambda loss: loss < 0.1) == math.inf
    assert log.at("test_accuracy", 15) == 0.2
    assert math.isnan(log.at("test_accuracy", -1))
    assert log.keys == (2, 3)


def test_a_measure_that_no_log_holds_decides_nothing(log: RunLog) -> None:
    with pytest.raises(RunFolderError, match="logs hold no measure 'rank_of_the_moon'"):
        log.last("rank_of_the_moon")


def swept(seed: int, grokked: int | None, memorized: int | None = 10) -> SweptRun:
    return SweptRun(
        run=seed, cell=0, seed=seed, values={}, state="finished", step=100, memorized_step=memorized,
        grokked_step_99=grokked, test_accuracy=0.5,
    )  # fmt: skip


def test_a_sweep_is_read_by_its_settings() -> None:
    one: dict[str, Value] = {"weight_decay": 1.0}
    two: dict[str, Value] = {"weight_decay": 2.0}
    log = SweepLog(((one, swept(1, None)), (one, swept(0, 60)), (two, swept(0, 20))))
    assert log.steps(wd=1.0) == [60, math.inf]
    assert log.steps(weight_decay=2.0) == [20]
    assert log.steps("memorized_step", wd=1.0) == [10, 10]
    assert log.delays(wd=1.0) == [50, math.inf]
    assert log.share(wd=1.0) == 0.5
    assert log.last("test_accuracy", wd=2.0) == [0.5]
    with pytest.raises(RunFolderError, match="no run with"):
        log.steps(wd=3.0)


def test_ratios_are_undefined_where_both_never_came() -> None:
    found = ratios([10, math.inf, 10, math.inf, 0], [5, 5, math.inf, math.inf, 0])
    assert found[:3] == [2, math.inf, 0]
    assert all(math.isnan(one) for one in found[3:])
