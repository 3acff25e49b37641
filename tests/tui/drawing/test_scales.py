from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokterm.tui.drawing.scales import Scale, evenly, round_up, short, step_scale, ticks, value_scale

POSITIVE = st.floats(1e-9, 1e15)


SHORT = """0 0 | 1 1 | 0.1 0.1 | 0.25 0.25 | 0.0625 0.062 | 0.01 0.01 | 0.009765625 1e-2 | 0.005 5e-3
| 1e-7 1e-7 | 250 250 | 999.4 999 | 999.6 1k | 1000 1k | 2500 2.5k | 12345 12.3k | 1e6 1M | 5e8 500M
| 9.998e11 1e12 | 1e12 1e12 | nan ? | inf ?"""


@pytest.mark.parametrize("case", SHORT.split("|"))
def test_short_numbers(case: str) -> None:
    number, text = case.split()
    assert short(float(number)) == text


@given(st.just(0.0) | st.floats(1e-99, 9e99))
def test_short_numbers_fit_into_the_gutter(number: float) -> None:
    assert len(short(number)) <= 5


@given(POSITIVE)
def test_rounding_up_leaves_little_room(value: float) -> None:
    assert value * (1 - 1e-9) <= round_up(value) <= value * 4 / 3 * (1 + 1e-9)


def test_round_numbers_stay() -> None:
    assert [round_up(v) for v in (0, 1, 1000, 2500, 1001, 2700, 9000, -1, math.nan)] == [
        0, 1, 1000, 2500, 1250, 3000, 10_000, 0, 0,
    ]  # fmt: skip


def test_linear_ticks() -> None:
    assert ticks(Scale(0, 2500), 7) == [0, 500, 1000, 1500, 2000, 2500]
    assert ticks(Scale(0, 2500), 4) == [0, 1000, 2000]
    assert ticks(Scale(0, 1), 3) == [0, 0.5, 1]
    assert ticks(Scale(0, 1), 0) == []


def test_logarithmic_ticks() -> None:
    assert ticks(Scale(1e-4, 10, log=True), 8) == pytest.approx([1e-4, 1e-3, 1e-2, 0.1, 1, 10])
    assert ticks(Scale(1e-4, 10, log=True), 3) == pytest.approx([1e-4, 1e-2, 1])
    assert ticks(Scale(0.2, 5, log=True), 6) == pytest.approx([0.2, 0.5, 1, 2, 5])


@given(POSITIVE, POSITIVE, st.booleans(), st.integers(1, 40))
def test_ticks_rise_within_the_scale(a: float, b: float, log: bool, count: int) -> None:
    low, high = (min(a, b), max(a, b) * 1.01) if log else (0.0, max(a, b))
    found = ticks(Scale(low, high, log), count)
    assert len(found) <= count
    assert found == sorted(set(found))
    assert all(low * (1 - 1e-6) <= tick <= high * (1 + 1e-6) for tick in found)


def test_places_on_a_logarithmic_scale() -> None:
    places = Scale(1e-2, 1, log=True).place(np.array([1e-3, 1e-2, 0.1, 1, 10, 0, np.nan]))
    assert places[:6] == pytest.approx([0, 0, 0.5, 1, 1, 0])
    assert np.isnan(places[6])


def test_the_step_axis_grows_seldom() -> None:
    assert {step_scale(step, 10, False).high for step in range(2001, 2501, 10)} == {2500}
    assert step_scale(0, math.inf, True) == Scale(1, 100, log=True)
    assert step_scale(3000, 10, True) == Scale(10, 3000, log=True)


def test_the_loss_axis_holds_the_losses() -> None:
    assert value_scale(np.array([4.6, 0.03, np.nan]), log=True) == Scale(0.02, 5, log=True)
    assert value_scale(np.array([4.6, 0.03]), log=False) == Scale(0, 5)
    assert value_scale(np.array([0.0, np.nan]), log=True).low > 0
    assert value_scale(np.array([1e-30, 1.0]), log=True).low >= 1e-12


@given(st.floats(1e-30, 1e30), st.integers(4, 70), st.sampled_from([1, 2, 4]))
def test_linear_ticks_are_whole_rows_apart(top: float, height: int, down: int) -> None:
    rows = height - 1 / down
    scale = evenly(Scale(0, round_up(top)), rows)
    if rows < 4:
        assert scale == Scale(0, round_up(top))
        return
    found = ticks(scale, 3)
    assert round_up(top) * (1 - 1e-9) <= scale.high <= round_up(top) * 1.7
    assert 2 <= len(found) <= 9
    apart = scale.every * rows / scale.high
    assert apart == pytest.approx(round(apart))
    assert apart >= 2
    assert found == pytest.approx([k * scale.every for k in range(len(found))])


@given(st.floats(-9, 3), st.floats(2, 12), st.integers(4, 70), st.sampled_from([1, 2, 4]))
def test_decades_are_whole_rows_apart(low: float, decades: float, height: int, down: int) -> None:
    rows = height - 1 / down
    whole = Scale(10**low, 10 ** (low + decades), log=True)
    scale = evenly(whole, rows)
    if not scale.every:
        assert scale == whole
        return
    assert scale.high == whole.high
    assert 10 ** (low - decades / 2) <= scale.low <= whole.low * (1 + 1e-9)
    apart = scale.every * rows / math.log10(scale.high / scale.low)
    assert apart == pytest.approx(round(apart))
    assert apart >= 2
    powers = [math.log10(tick) for tick in ticks(scale, 3)]
    assert all(power % scale.every == pytest.approx(0) for power in powers)
    assert powers == sorted(powers)


def test_a_few_rows_have_their_decades_marked() -> None:
    assert ticks(evenly(Scale(5e-4, 10, log=True), 10.75), 5) == pytest.approx([1e-4, 1e-3, 0.01, 0.1, 1, 10])
    assert evenly(Scale(0.2, 5, log=True), 10) == Scale(0.2, 5, log=True)
    assert evenly(Scale(2, 5), 10) == Scale(2, 5)
