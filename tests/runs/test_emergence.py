"""How fast test accuracy rises, where it bends, and how far it is behind."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from grokterm.config import Config
from grokterm.runs.columns import Floats
from grokterm.runs.emergence import (
    Emergence,
    acceleration,
    delay,
    emergence,
    fastest,
    generalization_gap,
    rate_of_change,
)
from grokterm.runs.history import History
from grokterm.wire.records import Change, Event, Record
from tests.measured import measured


def history_of(steps: Floats | Sequence[float], accuracy: Floats | Sequence[float], *more: Record) -> History:
    """A log with these test accuracies, all training pairs right."""
    history = History(Config())
    points = zip(steps, accuracy, strict=True)
    history.add(
        [
            measured(int(step), train_accuracy=1.0, test_accuracy=float(test), gradient_norm=None)
            for step, test in points
        ]
    )
    history.add(more)
    return history


def turning(at: int, slope: float, last: int, every: int = 10) -> tuple[Floats, Floats]:
    """A curve that is flat until a step, then rises to 1 along a line."""
    steps = np.arange(0.0, last + 1, every)
    return steps, np.clip((steps - at) * slope, 0, 1)


def test_the_rate_is_a_difference_per_step() -> None:
    steps, rates = rate_of_change(np.array([0.0, 10, 30, 30]), np.array([0.0, 0.5, 0.6, 0.9]))
    assert steps.tolist() == [10, 30, 30]
    assert rates[:2] == pytest.approx([0.05, 0.005])
    assert np.isnan(rates[2])


def test_the_fastest_rise() -> None:
    found = fastest(history_of([0, 10, 20, 30, 40, 50], [0.0, 0.0, 0.1, 0.7, 0.9, 0.9]))
    assert found == pytest.approx((30, 0.04, 10))
    assert fastest(history_of([0, 10, 20], [0.5, 0.2, 0.1])) is None
    assert fastest(history_of([0], [0.5])) is None


def test_the_turn_of_a_straight_rise_is_found_exactly() -> None:
    # It is highest at step 2,000, so w = 100 and 11 records are averaged, of which those at t + 10 … t + 50 hold
    # (10 + … + 50)/1,000 each, .15 in all: S(t) = .15/11, S(t + w) = .1, S(t − w) = 0.
    found = acceleration(history_of(*turning(1000, 1e-3, 2500)))
    assert found == pytest.approx((1000, (0.1 - 2 * 0.15 / 11) / 100**2, 100))
    rise = fastest(history_of(*turning(1000, 1e-3, 2500)))
    assert rise is not None
    assert rise.value == pytest.approx(1e-3)


def test_the_height_of_the_plateau_counts_for_nothing() -> None:
    # As above, at half the slope: S(t − w) = .5.
    steps, accuracy = turning(1000, 1e-3, 2500)
    found = acceleration(history_of(steps, 0.5 + accuracy / 2))
    assert found == pytest.approx((1000, (0.1 - 2 * 0.15 / 11) / 2 / 100**2, 100))


@pytest.mark.parametrize("seed", range(20))
def test_noise_on_the_plateau_does_not_hide_the_turn(seed: int) -> None:
    steps, accuracy = turning(1000, 1e-3, 2500)
    drawn = np.random.default_rng(seed)
    pairs = 4705
    noisy = drawn.binomial(pairs, np.clip(accuracy + 0.01, 0, 1)) / pairs
    noisy[1:4] = (0.002, 0.001, 0.013)  # the luck of the first weights, and the way back from it
    found = acceleration(history_of(steps, noisy))
    assert found is not None
    assert found.window in range(95, 106)
    assert abs(found.step - 1000) <= found.window


def test_what_comes_after_the_highest_accuracy_moves_nothing() -> None:
    steps, accuracy = turning(1000, 1e-3, 2500)
    longer = np.arange(0.0, 20_001, 10)
    collapsed = np.r_[accuracy, np.ones(len(longer) - len(steps))]
    collapsed[1000:1010] = 0.3
    assert acceleration(history_of(longer, collapsed)) == acceleration(history_of(steps, accuracy))


def test_few_records_are_not_averaged() -> None:
    found = acceleration(history_of(*turning(40, 1 / 30, 90)))
    assert found == pytest.approx((40, 1 / 300, 10))


def test_the_end_of_a_fall_is_no_acceleration() -> None:
    steps = np.arange(0.0, 60, 10)
    assert acceleration(history_of(steps, [0.5, 0.0, 0.0, 0.0, 0.1, 0.6])) == pytest.approx((40, 0.004, 10))
    assert acceleration(history_of(steps, [0.5, 0.0, 0.0, 0.0, 0.0, 0.0])) is None
    assert acceleration(history_of(steps, np.zeros(6))) is None


def test_there_is_none_before_a_run_generalizes() -> None:
    steps, accuracy = turning(100, 1e-3, 300)
    assert accuracy.max() == 0.2
    assert acceleration(history_of(steps, accuracy)) is None
    assert fastest(history_of(steps, accuracy)) is None


def test_uneven_records_and_gaps() -> None:
    steps, accuracy = [0, 5, 20, 30, 40], [0.0, np.nan, 0.0, 0.0, 0.5]
    assert acceleration(history_of(steps, accuracy)) == pytest.approx((30, 0.005, 10))
    assert acceleration(history_of(steps[:2], accuracy[:2])) is None


def test_a_rebuilt_model_begins_anew() -> None:
    steps, accuracy = turning(1000, 1e-3, 2500)
    rebuilt = Change(2500, {"arch": "mlp"}, {"arch": "one-hot"}, True, False, "")
    twice = history_of(np.r_[steps, steps[1:] + 2500], np.r_[accuracy, accuracy[1:]], rebuilt)
    found = acceleration(twice)
    assert found is not None
    assert found.step == 3500


def test_the_gap_is_train_less_test_accuracy() -> None:
    history = history_of((0, 10), (0.25, 1.0))
    assert generalization_gap(history).tolist() == [0.75, 0.0]


def test_all_of_it() -> None:
    told = [Event(140, "memorized", ""), Event(1900, "grokked_90", ""), Event(1950, "grokked_95", "")]
    history = history_of(*turning(1000, 1e-3, 2500), *told)
    assert delay(history) is None
    history.add([Event(1990, "grokked", "")])
    assert delay(history) == 1850
    assert emergence(history) == Emergence(
        memorized_step=140, grokked_step_90=1900, grokked_step_95=1950, grokked_step_99=1990, delay=1850,
        generalization_gap=0.0, acceleration_step=1000, acceleration_window=100,
    )  # fmt: skip
    assert emergence(History(Config())) == Emergence()
