"""How fast test accuracy rises, where it bends, and how far it is behind."""

from __future__ import annotations

import numpy as np
import pytest

from grokterm.config import Config
from grokterm.runs.emergence import acceleration, fastest, generalization_gap, rate_of_change
from grokterm.runs.history import History
from grokterm.wire.records import Scalars


def test_the_rate_is_a_difference_per_step() -> None:
    steps, rates = rate_of_change(np.array([0.0, 10, 30, 30]), np.array([0.0, 0.5, 0.6, 0.9]))
    assert steps.tolist() == [10, 30, 30]
    assert rates[:2] == pytest.approx([0.05, 0.005])
    assert np.isnan(rates[2])


def test_the_fastest_rise() -> None:
    found = fastest(np.array([0.0, 10, 20, 30]), np.array([0.0, 0.1, 0.7, 0.9]))
    assert found is not None
    assert found == pytest.approx((20, 0.06))
    assert fastest(np.array([0.0, 10]), np.array([0.5, 0.2])) is None
    assert fastest(np.array([0.0]), np.array([0.5])) is None


def test_the_largest_second_difference() -> None:
    steps = np.arange(0.0, 100, 10)
    accuracy = np.clip((steps - 40) / 30, 0, 1)
    found = acceleration(steps, accuracy)
    assert found is not None
    assert found == pytest.approx((40, 1 / 300))


def test_the_end_of_a_fall_is_no_acceleration() -> None:
    steps = np.arange(0.0, 60, 10)
    found = acceleration(steps, np.array([0.5, 0.0, 0.0, 0.0, 0.1, 0.4]))
    assert found is not None
    assert found == pytest.approx((40, 0.002))
    assert acceleration(steps, np.array([0.5, 0.0, 0.0, 0.0, 0.0, 0.0])) is None
    assert acceleration(steps, np.zeros(6)) is None


def test_uneven_records_and_gaps() -> None:
    steps, accuracy = np.array([0.0, 5, 20, 30, 40]), np.array([0.0, np.nan, 0.0, 0.0, 0.5])
    found = acceleration(steps, accuracy)
    assert found is not None
    assert found == pytest.approx((30, 0.005))
    assert acceleration(steps[:2], accuracy[:2]) is None


def test_the_gap_is_train_less_test_accuracy() -> None:
    history = History(Config())
    history.add([Scalars(step, 0.0, 1.0, 1.0, 1.0, test, 1.0, None) for step, test in ((0, 0.25), (10, 1.0))])
    assert generalization_gap(history).tolist() == [0.75, 0.0]
