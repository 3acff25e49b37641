"""Rules by which a figure passes, said before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final, Literal

from grokterm.number_format import number

Verdict = Literal["PASS", "NEAR", "FAIL"]
VERDICTS: Final[tuple[Verdict, ...]] = ("PASS", "NEAR", "FAIL")
Unit = Literal["steps", "share", "times", "number"]
"""What a figure is: 8,350; 84 %; 2.3 ×; .17."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The intervals in which the median of a figure passes, and in which it is near; both ends belong to them."""

    passing: tuple[float, float]
    near: tuple[float, float]

    def __post_init__(self) -> None:
        if not self.near[0] <= self.passing[0] <= self.passing[1] <= self.near[1]:
            raise ValueError(f"what is near, {self.near}, must hold what passes, {self.passing}")

    def verdict(self, figures: Sequence[float]) -> Verdict:
        """Of the median; without a figure, or with one that is not defined, it fails."""
        if not figures or any(map(math.isnan, figures)):
            return "FAIL"
        ours = median(figures)
        if self.passing[0] <= ours <= self.passing[1]:
            return "PASS"
        return "NEAR" if self.near[0] <= ours <= self.near[1] else "FAIL"

    def words(self, unit: Unit) -> str:
        """The rule for people: PASS from 70 % to 100 %, NEAR from 50 %."""
        passing, near = _interval(self.passing, unit), _interval(self.near, unit)
        return f"PASS {passing}" + (f", NEAR {near}" if near != passing else "")


def factor_of(published: float, passing: float = 1.5, near: float = 3.0) -> Rule:
    """Within a factor of what is published."""
    return Rule((published / passing, published * passing), (published / near, published * near))


def at_least(low: float, near: float | None = None) -> Rule:
    """From a figure on."""
    return Rule((low, math.inf), (low if near is None else near, math.inf))


def at_most(high: float, near: float | None = None) -> Rule:
    """Up to a figure."""
    return Rule((-math.inf, high), (-math.inf, high if near is None else near))


def between(low: float, high: float, near_low: float, near_high: float) -> Rule:
    """From one figure to another."""
    return Rule((low, high), (near_low, near_high))


def shown(figure: float, unit: Unit) -> str:
    """A figure for people: 8,350; 84 %; 2.3 ×; .17; never, where steps are infinite."""
    if math.isnan(figure):
        return "n/a"
    if math.isinf(figure):
        return "never" if unit == "steps" else "∞"
    match unit:
        case "steps":
            return f"{figure:,.0f}"
        case "share":
            return f"{100 * figure:.3g} %"
        case "times":
            return f"{figure:.3g} ×"
        case "number":
            return number(figure, 3)


def shown_all(figures: Sequence[float], unit: Unit) -> str:
    """The median of a figure over seeds, and from where to where it goes."""
    if not figures:
        return "n/a"
    if any(map(math.isnan, figures)):
        return "n/a"
    ours, low, high = (shown(one, unit) for one in (median(figures), min(figures), max(figures)))
    return ours if low == high else f"{ours} ({low} to {high})"


def _interval(interval: tuple[float, float], unit: Unit) -> str:
    low, high = interval
    if low == high:
        return f"at {shown(low, unit)}"
    if math.isinf(low):
        return f"up to {shown(high, unit)}"
    if math.isinf(high):
        return f"from {shown(low, unit)} on"
    return f"from {shown(low, unit)} to {shown(high, unit)}"
