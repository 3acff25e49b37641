"""Axes: ranges that change seldom, ticks at round numbers and short names for them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

Floats: TypeAlias = "npt.NDArray[np.floating[Any]]"

_ROUND = (1.0, 1.25, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0)
_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_EVEN_FROM = 4
"""Rows from which there are ticks to place evenly."""
_MOST_TICKS = 8
_TALL = 20
"""Rows from which an axis has four ticks at least, and not two."""
_DECADES_FROM = 2.0
"""Decades from which a logarithmic axis is marked at decades alone."""
_FILLED = 0.72
"""Share of the rows that values take at least where ticks are to be whole rows apart."""
LARGEST = 1e99
"""Values are drawn as if none were larger, nor positive ones smaller than its inverse."""
_DECADES = 12
"""Decades of a logarithmic axis at most, so that one value near 0 does not flatten the rest."""


@dataclass(frozen=True, slots=True)
class Scale:
    """A range of an axis, linear or logarithmic."""

    low: float
    high: float
    log: bool = False
    every: float = 0.0
    """From one tick to the next where that is settled, in decades where it is logarithmic; 0 where it is not."""

    def place(self, values: Floats) -> Floats:
        """Where values lie, 0 at `low` and 1 at `high`; NaN stays NaN, 0 on a logarithmic axis lies at the bottom."""
        low, high = self.low, self.high
        with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
            if self.log:
                values = np.log10(np.where(values < low, low, values))
                low, high = math.log10(low), math.log10(high)
            return np.asarray(np.clip((values - low) / (high - low), 0.0, 1.0))


def round_up(value: float) -> float:
    """The next round number from `value` on, at most a third above it; 0 for 0."""
    if not (math.isfinite(value) and value > 0):
        return 0.0
    unit = 10.0 ** math.floor(math.log10(value))
    return next(m * unit for m in (*_ROUND, 20.0) if m * unit >= value * (1 - 1e-12))


def step_scale(last: float, first: float, log: bool, least: float = 100.0) -> Scale:
    """The x axis of a run at step `last` whose first step above 0 is `first`; it ends at `least` or beyond."""
    high = max(round_up(last), least)
    low = 10.0 ** math.floor(math.log10(first)) if log and math.isfinite(first) and first >= 1 else float(log)
    return Scale(low, max(high, 10 * low), log)


def value_scale(values: Floats, log: bool) -> Scale:
    """The y axis that holds the finite values: from 0, or between 1, 2 and 5 of decades."""
    finite = values[np.isfinite(values)]
    if log:
        finite = np.maximum(finite[finite > 0], 1 / LARGEST)
    top = float(finite.max()) if finite.size else 1.0
    if not log:
        return Scale(0.0, round_up(top) if top * LARGEST >= 1 else 1.0)
    high = _outward(top, up=True)
    low = max(_outward(float(finite.min()), up=False) if finite.size else 0.1, high * 10.0**-_DECADES)
    return Scale(low if low < high else high / 10, high, log=True)


def evenly(scale: Scale, rows: float) -> Scale:
    """The smallest range around that of an axis of so many rows whose ticks are whole rows apart.

    An axis that does not begin at 0, a logarithmic one of few decades and one of few rows stay as they are.
    """
    if rows < _EVEN_FROM:
        return scale
    return _even_decades(scale, rows) if scale.log else _even_steps(scale, rows)


def _even_steps(scale: Scale, rows: float) -> Scale:
    if scale.low or not 1 / LARGEST < scale.high < LARGEST:
        return scale
    apart = range(max(2, math.ceil(rows / _MOST_TICKS)), max(3, int(rows / (2 if rows < _TALL else 4))) + 1)
    steps = [_round_step(scale.high * r / rows) for r in apart]
    high, step = min((step * rows / r, step) for r, step in zip(apart, steps, strict=True))
    return Scale(0.0, high, every=step)


def _even_decades(scale: Scale, rows: float) -> Scale:
    decades = math.log10(scale.high / scale.low)
    if decades < _DECADES_FROM:
        return scale
    most = rows / decades
    for apart in range(1, 9):
        whole = int(most * apart + 1e-9)
        if whole >= 2 and whole / apart >= _FILLED * most:
            return Scale(scale.high / 10 ** (rows * apart / whole), scale.high, log=True, every=apart)
    return scale


def _round_step(value: float) -> float:
    """The next of 1, 2, 2.5 and 5 times a power of ten from `value` on."""
    unit = 10.0 ** math.floor(math.log10(value))
    return next(m * unit for m in (*_STEPS, 20.0) if m * unit >= value * (1 - 1e-9))


def ticks(scale: Scale, count: int) -> list[float]:
    """The settled ticks of the axis, rising, or at most `count` round numbers."""
    if count < 1:
        return []
    if scale.every and scale.log:
        low, high = (math.log10(end) / scale.every for end in (scale.low, scale.high))
        return [10.0 ** (k * scale.every) for k in range(math.ceil(low - 1e-9), math.floor(high + 1e-9) + 1)]
    if scale.every:
        return [k * scale.every for k in range(math.floor(scale.high / scale.every + 1e-9) + 1)]
    return _log_ticks(scale, count) if scale.log else _linear_ticks(scale, count)


def short(number: float) -> str:
    """A tick's number in at most five characters: 0.01, 1e-3, 250, 2.5k, 10M."""
    if number == 0 or not math.isfinite(number):
        return "0" if number == 0 else "?"
    size = abs(number)
    if size < 0.00996 or size >= 0.9995e12:
        mantissa, _, power = f"{number:.0e}".partition("e")
        return f"{mantissa}e{int(power)}"
    for unit, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size >= unit * 0.9995:
            return f"{number / unit:.3g}{letter}"
    return f"{number:.3g}" if size >= 0.1 else f"{number:.2g}"


def _outward(value: float, up: bool) -> float:
    """The nearest of 1, 2 and 5 times a power of ten above or below a positive value."""
    power = math.floor(math.log10(value))
    steps = [m * 10.0**k for k in (power, power + 1) for m in (1.0, 2.0, 5.0)]
    if up:
        return next(s for s in [*steps, 10.0 ** (power + 2)] if s >= value * (1 - 1e-12))
    return max([s for s in steps if s <= value * (1 + 1e-12)], default=10.0**power)


def _linear_ticks(scale: Scale, count: int) -> list[float]:
    span = scale.high - scale.low
    if not (math.isfinite(span) and span > 0):
        return []
    if count == 1:
        return [scale.low]
    unit = 10.0 ** math.floor(math.log10(span / count))
    step = next(m * k * unit for k in (1, 10, 100) for m in _STEPS if span / (m * k * unit) < count - 1 + 1e-9)
    first = math.ceil(scale.low / step - 1e-9)
    return [k * step for k in range(first, math.floor(scale.high / step + 1e-9) + 1)]


def _log_ticks(scale: Scale, count: int) -> list[float]:
    first = math.ceil(math.log10(scale.low) - 1e-9)
    last = math.floor(math.log10(scale.high) + 1e-9)
    decades = list(range(first, last + 1))
    if len(decades) < 3:
        fine = [m * 10.0**k for k in range(first - 1, last + 1) for m in (1.0, 2.0, 5.0)]
        fine = [v for v in fine if scale.low * (1 - 1e-9) <= v <= scale.high * (1 + 1e-9)]
        if len(fine) <= count:
            return fine
    every = max(1, math.ceil(len(decades) / count))
    return [10.0**k for k in decades if k % every == 0]
