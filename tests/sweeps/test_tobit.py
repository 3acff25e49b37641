"""Censored regression against plain likelihoods, Student's interval and simulated values."""

from __future__ import annotations

import math
from itertools import product
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokterm.sweeps.tobit import fit_tobit, profile_interval, student_t

NORMAL = NormalDist()
SETS = 100


def plain_likelihood(
    x: np.ndarray, y: np.ndarray, censored: np.ndarray, constant: float, slope: float, noise: float
) -> float:
    """Value by value, as the definition has it."""
    total = 0.0
    for at, value, beyond in zip(x, y, censored, strict=True):
        z = (value - constant - slope * at) / noise
        total += math.log(NORMAL.cdf(-z)) if beyond else -0.5 * z * z - math.log(noise)
    return total


def simulated(seed: int, slope: float, cut: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    x = np.repeat(np.log([0.1, 0.3, 1.0, 3.0, 10.0]), 3)
    y = 8 + slope * x + rng.normal(0, 0.3, len(x))
    return x, np.minimum(y, cut), y > cut


@pytest.mark.parametrize("cut", [20.0, 9.5, 8.2])
def test_no_line_on_a_grid_is_likelier(cut: float) -> None:
    x, y, censored = simulated(1, -1.0, cut)
    found = fit_tobit(x, y, censored)
    best = plain_likelihood(x, y, censored, found.constant, found.slope, found.noise)
    offsets = np.linspace(-0.15, 0.15, 13)
    others = {
        (da, db, ds): plain_likelihood(
            x, y, censored, found.constant + da, found.slope + db, found.noise * math.exp(ds)
        )
        for da, db, ds in product(offsets, repeat=3)
    }
    assert max(others, key=others.__getitem__) == (0, 0, 0)
    assert max(others.values()) == pytest.approx(best)


def test_the_interval_is_where_the_plain_profile_falls_to_the_cut() -> None:
    x, y, censored = simulated(2, -1.0, 9.5)
    found = fit_tobit(x, y, censored)
    ends = profile_interval(x, y, censored, found)
    known = int((~censored).sum())
    assert 0 < censored.sum() < 8
    fall = known * math.log(1 + student_t(known - 2) ** 2 / (known - 2)) / 2
    best = plain_likelihood(x, y, censored, found.constant, found.slope, found.noise)
    for end in ends:
        center = found.constant + (found.slope - end) * x.mean()
        profile = max(
            plain_likelihood(x, y, censored, center + da, end, found.noise * math.exp(ds))
            for da, ds in product(np.linspace(-0.5, 0.5, 101), np.linspace(-0.5, 1, 76))
        )
        assert best - profile == pytest.approx(fall, abs=0.02)


def test_without_censoring_it_is_least_squares_and_students_interval() -> None:
    x, y, censored = simulated(3, -0.7, 99)
    found = fit_tobit(x, y, censored)
    slope, constant = np.polyfit(x, y, 1)
    assert (found.slope, found.constant) == pytest.approx((slope, constant))
    residual = y - constant - slope * x
    half = 2.1603686564627926 * math.sqrt(residual @ residual / 13 / np.square(x - x.mean()).sum())
    assert profile_interval(x, y, censored, found) == pytest.approx((slope - half, slope + half), rel=1e-4)


@pytest.mark.parametrize(
    ("freedom", "point"),
    [(1, 12.706204736), (2, 4.302652730), (3, 3.182446305), (4, 2.776445105), (10, 2.228138852), (120, 1.979930405)],
)
def test_points_of_students_distribution(freedom: int, point: float) -> None:
    assert student_t(freedom) == pytest.approx(point, rel=1e-8)


@pytest.mark.parametrize("cut", [99.0, 9.0, 7.7])
def test_the_interval_holds_the_slope_in_about_95_of_100_sets(cut: float) -> None:
    held = slopes = 0.0
    for seed in range(SETS):
        x, y, censored = simulated(1_000 + seed, -1.0, cut)
        found = fit_tobit(x, y, censored)
        low, high = profile_interval(x, y, censored, found)
        assert low < found.slope < high
        held += low <= -1.0 <= high
        slopes += found.slope / SETS
    assert 0.90 * SETS <= held <= 0.99 * SETS
    assert slopes == pytest.approx(-1.0, abs=0.05)


def test_dropping_the_censored_values_would_bend_the_line() -> None:
    """The control: what the regression is for."""
    naive = regressed = 0.0
    for seed in range(SETS):
        x, y, censored = simulated(2_000 + seed, -1.0, 8.2)
        naive += np.polyfit(x[~censored], y[~censored], 1)[0] / SETS
        regressed += fit_tobit(x, y, censored).slope / SETS
    assert naive > -0.96
    assert regressed == pytest.approx(-1.0, abs=0.02)


def test_points_on_a_line_have_a_narrow_interval_around_it() -> None:
    x = np.log([0.1, 0.3, 1.0, 3.0])
    found = fit_tobit(x, 7 - x, np.zeros(4, dtype=bool))
    low, high = profile_interval(x, 7 - x, np.zeros(4, dtype=bool), found)
    assert found.slope == pytest.approx(-1, abs=1e-8)
    assert -1.001 < low < -1 < high < -0.999


@given(seed=st.integers(0, 10_000), cut=st.floats(7.8, 12), shift=st.floats(-5, 5), scale=st.floats(0.1, 10))
def test_units_change_nothing(seed: int, cut: float, shift: float, scale: float) -> None:
    x, y, censored = simulated(seed, -1.0, cut)
    found, moved = fit_tobit(x, y, censored), fit_tobit(x * scale + shift, y + shift, censored)
    assert moved.slope * scale == pytest.approx(found.slope, rel=1e-4, abs=1e-4)
    assert moved.noise == pytest.approx(found.noise, rel=1e-4)
    order = np.random.default_rng(seed).permutation(len(x))
    assert fit_tobit(x[order], y[order], censored[order]).slope == pytest.approx(found.slope, abs=1e-6)


def test_ten_thousand_values_of_which_many_are_the_same_are_as_if_each_counted() -> None:
    """Independent of how equal limits are gathered: the likelihood of many copies is that of one, so often."""
    x, y, censored = simulated(5, -1.0, 8.2)
    one, many = fit_tobit(x, y, censored), fit_tobit(*(np.tile(each, 700) for each in (x, y, censored)))
    assert (many.slope, many.noise) == pytest.approx((one.slope, one.noise), rel=1e-5)
    assert many.likelihood == pytest.approx(700 * one.likelihood, rel=1e-5)
