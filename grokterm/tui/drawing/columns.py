"""Reduces curves of any length to the smallest and largest value of each column."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import Final

import numpy as np
import numpy.typing as npt

from grokterm.tui.drawing.scales import LARGEST, Floats, Scale

_BLOCK: Final = 2**13
"""Steps that are reduced at once."""


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """The columns in which curves hold a point, and each curve's extremes there, NaN where all are NaN."""

    index: npt.NDArray[np.int64]
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


def _merged(index: npt.NDArray[np.int64], low: Floats, high: Floats) -> Columns:
    """The extremes of neighbours that lie in one column."""
    starts = np.flatnonzero(np.r_[True, index[1:] != index[:-1]])
    return Columns(index[starts], np.fmin.reduceat(low, starts, axis=1), np.fmax.reduceat(high, starts, axis=1))


def path(columns: Columns, curve: int, scale: Scale, rows: int, band: int) -> tuple[tuple[tuple[int, int], ...], ...]:
    """A curve as points (column, row), row 0 lowest, in pieces that end where values are missing.

    Each column is entered at the end that is nearer to the column before, and points on a straight line are merged
    within bands of `band` columns, so that a longer curve leaves the points of its other bands as they are.
    """
    low = np.rint(scale.place(columns.low[curve]) * (rows - 1))
    high = np.rint(scale.place(columns.high[curve]) * (rows - 1))
    pieces: list[list[tuple[int, int]]] = []
    piece: list[tuple[int, int]] = []
    for x, bottom, top in zip(columns.index.tolist(), low.tolist(), high.tolist(), strict=True):
        if bottom != bottom:
            piece = []
            continue
        if not piece:
            pieces.append(piece)
        before = piece[-1][1] if piece else bottom
        ends = (int(bottom), int(top)) if abs(before - bottom) <= abs(before - top) else (int(top), int(bottom))
        for y in ends if ends[0] != ends[1] else ends[:1]:
            _extend(piece, x, y, band)
    return tuple(tuple(piece) for piece in pieces)


def _extend(piece: list[tuple[int, int]], x: int, y: int, band: int) -> None:
    if len(piece) > 1:
        (x0, y0), (x1, y1) = piece[-2:]
        straight = (y - y1) * (x1 - x0) == (y1 - y0) * (x - x1) and x > x1 > x0
        if straight and x0 // band == x // band:
            piece[-1] = (x, y)
            return
    piece.append((x, y))
