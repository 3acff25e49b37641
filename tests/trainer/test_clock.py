"""Rates and paces, on a clock that the test moves."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokterm.trainer.clock import BEHIND, Clock, Pace


def test_steps_per_second_are_those_of_the_last_second() -> None:
    clock = Clock()
    for i in range(400):
        clock.tick(0.02 * i, 2 * i, True, 0.02)
    assert clock.steps_per_second() == pytest.approx(100)
    assert clock.seconds == pytest.approx(0.02 * 399)
    for i in range(400, 460):
        clock.tick(0.02 * i, 2 * 399 + 5 * (i - 399), True, 0.02)
    assert clock.steps_per_second() == pytest.approx(250)


def test_pauses_count_for_nothing() -> None:
    clock = Clock(seconds=10.0)
    clock.tick(0.0, 0, True, 0.1)
    clock.tick(1.0, 100, False, 0.1)
    clock.tick(500.0, 100, True, 0.1)
    clock.tick(501.0, 200, True, 0.1)
    assert clock.seconds == pytest.approx(12.0)
    assert clock.steps_per_second() == pytest.approx(100)


def test_a_process_that_was_suspended_did_not_train_meanwhile() -> None:
    clock = Clock()
    clock.tick(0.0, 0, True, 0.02)
    clock.tick(0.02, 2, True, 0.02)
    clock.tick(3600.0, 4, True, 0.02)
    assert clock.seconds == pytest.approx(0.04)
    assert clock.steps_per_second() == pytest.approx(100)


def test_a_short_suspension_that_was_told_of() -> None:
    clock = Clock()
    clock.tick(0.0, 0, True, 0.02)
    clock.note_suspension()
    clock.tick(2.0, 2, True, 0.02)
    clock.tick(2.5, 4, True, 0.02)
    assert clock.seconds == pytest.approx(0.52)


def test_a_first_step_of_unknown_length_counts_whole() -> None:
    clock = Clock()
    clock.tick(0.0, 0, True, math.inf)
    clock.tick(60.0, 1, True, math.inf)
    assert clock.seconds == 60.0


def test_slow_steps_and_steps_that_do_not_come() -> None:
    clock = Clock()
    assert clock.steps_per_second() == 0
    for i in range(5):
        clock.tick(4.0 * i, i, True, 4.0)
    assert clock.steps_per_second() == pytest.approx(0.25)
    clock.tick(26.0, 4, True, 10.0)
    assert clock.steps_per_second() < 0.25
    clock.reset_rate()
    assert clock.steps_per_second() == 0


@given(st.floats(0.1, 1e5), st.lists(st.floats(0.0001, 0.05), min_size=50, max_size=200))
def test_a_pace_has_no_drift(pace: float, delays: list[float]) -> None:
    """However late the wake-ups are, the steps taken stay within one step, or one wake-up, of the pace."""
    now, step = 100.0, 0
    keeper = Pace(pace, now, step)
    for delay in delays:
        now += keeper.remaining(now, step) + delay
        step += int(keeper.allowed(now, step))
        assert step <= (now - 100.0) * pace + 1e-3
        assert step >= (now - 100.0) * pace - 1.001
        assert keeper.remaining(now, step) > 0


def test_what_is_too_slow_for_its_pace_does_not_catch_up_in_a_rush() -> None:
    keeper = Pace(100, 0.0, 0)
    assert keeper.allowed(BEHIND / 2, 0) == 100 * BEHIND // 2
    assert keeper.allowed(60.0, 0) == 1
    assert keeper.allowed(60.01, 1) <= 2


def test_max_is_no_pace() -> None:
    keeper = Pace("max", 0.0, 0)
    assert keeper.allowed(0.0, 0) == math.inf
    assert keeper.remaining(0.0, 0) == 0


def test_a_record_within_a_burst_has_the_time_of_its_step() -> None:
    clock = Clock()
    clock.tick(10.0, 0, True, 0.02)
    assert clock.at(10.015) == pytest.approx(0.015)
    assert clock.seconds == 0.0
    clock.tick(10.02, 8, False, 0.02)
    assert clock.at(99.0) == pytest.approx(0.02)
