"""Distributions of the steps that remain."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokterm.forecast.features import NAMES
from grokterm.forecast.hazards import EDGES, Distribution, Hazards, fitted


def hazards(**changed: object) -> Hazards:
    """Two networks whose spans all have the same chance."""
    n, f, h, e = 2, 3, 4, len(EDGES)
    plain = {
        "mean": np.zeros(f), "spread": np.ones(f), "w_1": np.zeros((n, f, h)), "b_1": np.zeros((n, h)),
        "w_2": np.zeros((n, h, e)), "b_2": np.zeros((n, e)), "levels": np.array([0.1, 0.9]), "delay": 3.0, "far": 5.0,
    }  # fmt: skip
    return Hazards(**(plain | changed))  # type: ignore[arg-type]


def test_a_chance_of_half_in_every_span_halves_what_is_left() -> None:
    shares = hazards().distribution(np.zeros(3)).shares
    assert shares == pytest.approx(1 - 0.5 ** np.arange(1, len(EDGES) + 1))


def test_the_chance_within_a_span_is_that_of_the_network() -> None:
    b_2 = np.full((2, len(EDGES)), -50.0)
    b_2[:, 10] = [50.0, -50.0]  # one is sure that it groks in that span, the other that it never does
    found = hazards(b_2=b_2).distribution(np.zeros(3))
    assert found.within(10 ** EDGES[9]) == pytest.approx(0)
    assert found.within(10 ** EDGES[10]) == pytest.approx(0.5)
    assert found.within(10 ** EDGES[-1]) == pytest.approx(0.5)
    assert EDGES[9] <= np.log10(found.quantile(0.5)) <= EDGES[10]  # of those that grok at all


@given(
    st.lists(st.floats(0, 1), min_size=len(EDGES), max_size=len(EDGES)), st.floats(0.01, 0.99), st.floats(0.01, 0.99)
)
def test_quantiles_grow_and_are_the_inverse_of_chances(spans: list[float], one: float, other: float) -> None:
    found = Distribution(np.cumsum(spans) / max(1.0, float(np.sum(spans))))
    low, high = sorted([one, other])
    assert found.quantile(low) <= found.quantile(high)
    if found.shares[-1] > 1e-6:
        assert found.within(found.quantile(one)) >= one * found.shares[-1] - 1e-9


def test_a_wider_interval_ends_as_much_further_from_the_median_but_where_something_is_said() -> None:
    found = Distribution(np.interp(EDGES, [1, 2, 3, 4.8], [0, 0.25, 0.5, 1]))  # quarters end at 10², 10³ and 10^3.9
    plain = found.interval((0.25, 0.75))
    assert plain == pytest.approx((1e2, 10**3.9))
    assert found.interval((0.25, 0.75), 1.5) == pytest.approx((10**1.5, 10**4.35))
    assert found.interval((0.25, 0.75), 4) == pytest.approx((1, 10**4.8))


def test_less_than_a_step_is_no_time() -> None:
    assert hazards().distribution(np.zeros(3)).within(0) == 0


def test_what_is_further_than_the_library_is_not_known() -> None:
    ours = hazards(far=2.0)
    assert ours.known(np.array([0.0, -2.0, 2.0]))
    assert not ours.known(np.array([0.0, 0.0, 2.1]))


def test_what_comes_with_grokterm_takes_the_features_that_there_are() -> None:
    ours = fitted()
    assert ours.mean.shape == ours.spread.shape == (len(NAMES),)
    assert ours.b_2.shape[1:] == EDGES.shape
    low, high = ours.levels
    assert 0 < low < 0.5 < high < 1
    shares = ours.distribution(ours.mean).shares
    assert (np.diff(shares) >= 0).all()
    assert 0 < shares[-1] <= 1
