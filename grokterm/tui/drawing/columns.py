"""Reduces curves of any length to the smallest and largest value of each column."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Final, TypeAlias

import numpy as np

from grokterm.tui.drawing.scales import LARGEST, Floats, Scale

if TYPE_CHECKING:
    import numpy.typing as npt

Rows: TypeAlias = "npt.NDArray[np.int64]"

_BLOCK: Final = 2**13
"""Steps that are reduced at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The columns in which curves hold a point, and each curve's extremes there, NaN where all are NaN."""

    index: Rows
    """[columns], rising."""
    low: Floats
    """[curves, columns]."""
    high: Floats
    """[curves, columns]."""


def reduce(steps: Floats, values: Floats, scale: Scale, count: int) -> Columns:
    """The extremes of `values` [curves, steps] in `count` columns over `scale`; what lies outside is left out."""
    if steps.size > 1 and np.any(steps[1:] < steps[:-1]):
        order = np.argsort(steps, kind="stable")
        steps, values = steps[order], values[:, order]
    first, last = np.searchsorted(steps, [scale.low, np.nextafter(scale.high, np.inf)])
    if last <= first or count < 1:
        empty = np.empty((values.shape[0], 0))
        return Columns(np.empty(0, np.int64), empty, empty)
    # Block by block, so that a long run takes no more memory than a short one.
    edges = [*range(int(first), int(last), _BLOCK), int(last)]
    parts = [_extremes(steps[a:b], values[:, a:b], scale, count) for a, b in pairwise(edges)]
    return _merged(
        np.concatenate([part.index for part in parts]),
        np.concatenate([part.low for part in parts], axis=1),
        np.concatenate([part.high for part in parts], axis=1),
    )


def _extremes(steps: Floats, values: Floats, scale: Scale, count: int) -> Columns:
    index = np.minimum((scale.place(steps) * count).astype(np.int64), count - 1)
    values = values.astype(np.float64)
    finite = np.where(np.isfinite(values), np.clip(values, -LARGEST, LARGEST), np.nan)
    return _merged(index, finite, finite)


def _merged(index: Rows, low: Floats, high: Floats) -> Columns:
    """The extremes of neighbours that lie in one column."""
    starts = np.flatnonzero(np.r_[True, index[1:] != index[:-1]])
    return Columns(index[starts], np.fmin.reduceat(low, starts, axis=1), np.fmax.reduceat(high, starts, axis=1))


def spans(columns: Columns, curve: int, scale: Scale, rows: int, count: int) -> tuple[Rows, Rows]:
    """The lowest and the highest dot of a curve in each of `count` columns, row 0 lowest; no dots: low above high.

    Columns between two points lie on the straight line between their nearer ends, and neighbours reach halfway to
    each other, so that nothing is left open but where values are missing.
    """
    lows, highs = np.ones(count, np.int64), np.zeros(count, np.int64)
    if not columns.index.size:
        return lows, highs
    every, low, high = _along(
        columns.index, *(np.rint(scale.place(v[curve]) * (rows - 1)) for v in (columns.low, columns.high))
    )
    reached_low, reached_high = low.copy(), high.copy()
    for here, there in ((slice(None, -1), slice(1, None)), (slice(1, None), slice(None, -1))):
        middle = np.floor((high[here] + low[there]) / 2)
        below = low[there] > high[here]
        reached_high[here] = np.where(below, np.maximum(reached_high[here], middle), reached_high[here])
        reached_low[there] = np.where(below, np.minimum(reached_low[there], middle + 1), reached_low[there])
    known = np.isfinite(low)
    lows[every[known]], highs[every[known]] = reached_low[known], reached_high[known]
    return lows, highs


def _along(index: Rows, low: Floats, high: Floats) -> tuple[Rows, Floats, Floats]:
    """Every column from the first to the last of `index`, with the extremes there; NaN where no line passes."""
    every = np.arange(index[0], index[-1] + 1)
    at = np.searchsorted(index, every, side="right") - 1
    after = np.minimum(at + 1, index.size - 1)
    start = np.clip(low[after], low[at], high[at])
    way = np.clip(start, low[after], high[after]) - start
    between = np.rint(start + way * (every - index[at]) / np.maximum(index[after] - index[at], 1))
    is_point = every == index[at]
    return every, np.where(is_point, low[at], between), np.where(is_point, high[at], between)
