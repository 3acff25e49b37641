"""Rules: what passes, what is near and what fails, and how figures are spelled."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokterm.reproductions.rules import (
    Rule,
    Unit,
    at_least,
    at_most,
    between,
    factor_of,
    shown,
    shown_all,
)


@pytest.mark.parametrize(
    ("figures", "verdict"),
    [
        ([8350], "PASS"),
        ([8350 / 1.5], "PASS"),
        ([8350 * 1.5], "PASS"),
        ([8350 * 1.5 + 1], "NEAR"),
        ([8350 * 3], "NEAR"),
        ([8350 * 3 + 1], "FAIL"),
        ([8350 / 3 - 1], "FAIL"),
        ([100, 8350, 90_000], "PASS"),
        ([100, 100, 8350], "FAIL"),
        ([math.inf], "FAIL"),
        ([math.nan, 8350, 8350], "FAIL"),
        ([], "FAIL"),
    ],
)
def test_the_median_of_a_figure_decides(figures: list[float], verdict: str) -> None:
    assert factor_of(8350).verdict(figures) == verdict


def test_what_is_open_at_an_end_takes_what_never_came() -> None:
    assert at_least(5, 2).verdict([math.inf]) == "PASS"
    assert at_least(5, 2).verdict([2]) == "NEAR"
    assert at_most(0.5).verdict([0.5]) == "PASS"
    assert at_most(0.5).verdict([0.51]) == "FAIL"
    assert between(3, 6, 2, 8).verdict([7]) == "NEAR"


def test_what_is_near_holds_what_passes() -> None:
    with pytest.raises(ValueError, match="must hold what passes"):
        Rule((1, 3), (2, 4))


@given(st.floats(1e-6, 1e6), st.floats(1, 10), st.floats(1, 10), st.floats(1e-9, 1e9))
def test_a_figure_that_passes_is_near_as_well(published: float, one: float, other: float, figure: float) -> None:
    passing, near = sorted([one, other])
    rule = factor_of(published, passing, near)
    verdict = rule.verdict([figure])
    ratio = max(figure / published, published / figure)
    if ratio < passing * (1 - 1e-9):
        assert verdict == "PASS"
    elif passing * (1 + 1e-9) < ratio < near * (1 - 1e-9):
        assert verdict == "NEAR"
    elif ratio > near * (1 + 1e-9):
        assert verdict == "FAIL"


@pytest.mark.parametrize(
    ("figure", "unit", "words"),
    [
        (8350.0, "steps", "8,350"),
        (math.inf, "steps", "never"),
        (0.846, "share", "84.6 %"),
        (1.0, "share", "100 %"),
        (2.345, "times", "2.35 ×"),
        (0.17, "number", "0.17"),
        (math.inf, "times", "∞"),
        (math.nan, "number", "n/a"),
    ],
)
def test_figures_are_spelled_by_their_unit(figure: float, unit: Unit, words: str) -> None:
    assert shown(figure, unit) == words


def test_a_figure_over_seeds_has_its_ends() -> None:
    assert shown_all([300, 100, 200], "steps") == "200 (100 to 300)"
    assert shown_all([0.5, 0.5], "share") == "50 %"
    assert shown_all([100, math.inf], "steps") == "never (100 to never)"
    assert shown_all([math.nan, 1], "steps") == "n/a"
    assert shown_all([], "steps") == "n/a"


def test_rules_are_said_in_words() -> None:
    assert factor_of(9, 1.5, 3).words("times") == "PASS from 6 × to 13.5 ×, NEAR from 3 × to 27 ×"
    assert at_least(0.99).words("share") == "PASS from 99 % on"
    assert at_most(1400, 2800).words("steps") == "PASS up to 1,400, NEAR up to 2,800"
    assert between(1, 1, 0, 2).words("number") == "PASS at 1, NEAR from 0 to 2"
