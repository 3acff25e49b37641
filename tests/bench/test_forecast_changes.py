"""What forecasts of changes are judged by."""

from __future__ import annotations

import math

import pytest

from grokterm.bench import forecast_changes
from grokterm.bench.forecast_changes import Outcome, changes_of, outcomes, rows, widening
from grokterm.bench.row import Bench
from grokterm.config import Config
from grokterm.forecast.forecast import WIDER, Forecast
from grokterm.lab.engine import Engine
from grokterm.milestones import GROKKED
from tests.by_kernels import by_kernels

SMALL = {
    "arch": "one-hot",
    "p": 23,
    "width": 64,
    "log_every": 10,
    "measure_every": 50,
    "device": "cpu",
    "until": "grokked",
}


def told(median: float, low: float = 0, high: float = 1e9) -> Forecast:
    return Forecast(100, median, low, high, 40_000, 0.9)


def test_each_setting_is_halved_and_doubled_and_pairs_are_added_while_there_are_enough_others() -> None:
    config = Config.starting({**SMALL, "weight_decay": 1.0, "lr": 0.01, "train_fraction": 0.5})
    assert changes_of(config) == [
        {"weight_decay": 0.5},
        {"weight_decay": 2.0},
        {"lr": 0.005},
        {"lr": 0.02},
        {"train_fraction": 0.6},
    ]
    assert {"train_fraction": 0.9} not in changes_of(config.changed({"train_fraction": 0.8}))


def test_a_run_goes_on_from_the_same_step_with_each_change_and_as_if_nothing_had_been_asked_without() -> None:
    config = Config.starting({**SMALL, "p": 29, "width": 128, "lr": 0.02, "train_fraction": 0.9, "max_steps": 400})
    with by_kernels():
        found, engine = outcomes(config), Engine(config)
        while engine.step < 400 and not GROKKED.reached(engine.measure().test_accuracy):
            engine.advance(10)
    assert [one.changed for one in found] == [False, True, True, True, True]
    assert len({one.told.step for one in found}) == 1
    assert all(one.grokked_step is None or one.told.step < one.grokked_step <= 400 for one in found)
    assert any(one.changed and one.grokked_step not in (None, found[0].grokked_step) for one in found)
    assert found[0].grokked_step == (engine.step if engine.step < 400 else None)


def test_nothing_is_said_of_a_run_that_never_memorizes() -> None:
    assert outcomes(Config.starting({**SMALL, "max_steps": 20})) == []


def test_the_error_and_the_share_within_are_those_of_changed_runs_that_grokked(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        Outcome(False, told(1000), told(1000), 1000),
        Outcome(True, told(200), told(110), 1100),
        Outcome(True, told(1100, 2000, 3000), told(110), 1100),
        Outcome(True, told(11_000), told(110), 1100),
        Outcome(True, told(150), told(150), None),
    ]
    monkeypatch.setattr(forecast_changes, "sampled", lambda *_: [Config.starting(SMALL)])
    monkeypatch.setattr(forecast_changes, "outcomes", lambda _: found)
    coverage, error = rows(Bench(True, "cpu", lambda _: None))
    assert (coverage.ours, coverage.other, coverage.held) == (2, 3, False)
    assert error.ours == pytest.approx(math.log10(1100 / 200))
    assert error.other == pytest.approx(1.0)
    assert error.more == {"of the same runs unchanged": 0.0}


def test_an_interval_is_as_wide_as_holds_four_of_five() -> None:
    """Told at step 100: 1,000 more steps, from 100 to 10,000, so that each power of ten is one width."""
    ends = [10**3.5, 10**2.5, 10**3.2, 10**2.2, 10**5]
    changed = [Outcome(True, told(1100, 200, 10_100), told(1100), round(100 + end)) for end in ends]
    assert widening(changed) == pytest.approx(WIDER * 1.04, rel=0.01)  # a fifth of the way from .8 to 2
    assert widening(changed[-1:]) == pytest.approx(WIDER * 2, rel=0.01)
