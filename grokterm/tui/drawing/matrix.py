"""A heat map with both axes numbered and named."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.heat import Pooling, Scale, draw_heat, extent, in_half_blocks, resized
from grokterm.tui.drawing.scales import Floats, ticks
from grokterm.tui.drawing.scales import Scale as Range
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

GUTTER: Final = 5
"""Cells left of the map: numbers of at most four characters."""
_AXES_FROM: Final = (16, 5)
_EACH: Final = (8, 3)
"""Cells across, and down, from one number to the next at least."""


@dataclass(frozen=True, slots=True)
class Axis:
    """What the rows or columns of a matrix are: whole numbers from `first` to `last`, rising or falling."""

    title: str
    first: int
    last: int
    marks: Sequence[int] = field(default=())
    """Numbers that are lit and named before others."""

    def spot(self, number: int, points: int) -> int:
        """At which of so many points a number is drawn by `heat.resized`, the middle one of several."""
        at, size = abs(number - self.first), abs(self.last - self.first) + 1
        starts = np.arange(points) * size // points
        low, high = (int(np.searchsorted(starts, at, side)) for side in ("left", "right"))
        return max((low + high - 1) // 2, 0) if high > low else max(high - 1, 0)

    def numbers(self, room: int, each: int) -> list[int]:
        """Round numbers to write in so much room, the ends among them."""
        low, high = sorted((self.first, self.last))
        inner = ticks(Range(float(low), float(max(high, low + 1))), max(room // each, 2))
        return list(dict.fromkeys([self.first, self.last, *(int(v) for v in inner if v == int(v))]))


def draw_matrix(
    values: Floats,
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
    *,
    down: Axis,
    across: Axis,
    title: str = "",
    top: float | None = None,
    scale: Scale = "rising",
    pooling: Pooling = "mean",
    square: bool = False,
) -> list[Strip]:
    """A matrix [rows, columns] as `height` strips of `width` cells: a line with its title, the map, its columns."""
    if width < _AXES_FROM[0] or height < _AXES_FROM[1]:
        return draw_heat(values, width, height, graph, palette, top=top, scale=scale, pooling=pooling, square=square)
    wide, high = width - GUTTER, height - 2
    half = in_half_blocks(graph, palette)
    if not square:
        values = resized(values, high * (1 + half), wide, pooling)
    points, columns = extent(values.shape, wide, high, half, square)
    rows = -(-points // 2) if half else points
    heat = draw_heat(values, wide, high, graph, palette, top=top, scale=scale, pooling=pooling, square=square)
    left = Cells(GUTTER, high)
    head, foot = Cells(width, 1), Cells(width, 1)
    head.put(0, 0, down.title, palette.style("muted"))
    head.put(max(GUTTER + (columns - len(title)) // 2, len(down.title) + 2), 0, title, palette.style("text"))
    _numbers_down(left, points, rows, down, palette)
    _numbers_across(foot, columns, across, palette)
    body = [Strip.join([numbers, line]) for numbers, line in zip(left.strips(), heat, strict=True)]
    return [*head.strips(), *body[:rows], *foot.strips(), *body[rows:]]


def _numbers_down(cells: Cells, points: int, rows: int, axis: Axis, palette: Palette) -> None:
    for number in (*axis.marks, *axis.numbers(rows, _EACH[1])):
        y, text = axis.spot(number, points) * rows // points, str(number)
        if cells.free(0, y, GUTTER):
            style = palette.style("key" if number in axis.marks else "muted")
            cells.put(GUTTER - 1 - len(text), y, text, style)


def _numbers_across(cells: Cells, columns: int, axis: Axis, palette: Palette) -> None:
    right = GUTTER + columns
    end = right + 1 if right + 1 + len(axis.title) <= cells.width else right - len(axis.title)
    if end >= GUTTER + columns // 2 or end > right:
        cells.put(end, 0, axis.title, palette.style("muted"))
    for number in (*axis.marks, *axis.numbers(columns, _EACH[0])):
        text = str(number)
        start = GUTTER + axis.spot(number, columns) - (len(text) - 1) // 2
        start = min(max(start, GUTTER), max(right - len(text), GUTTER))
        before, after = max(start - 1, 0), min(start + len(text) + 1, cells.width)
        if start + len(text) <= cells.width and cells.free(before, 0, after - before):
            cells.put(start, 0, text, palette.style("key" if number in axis.marks else "muted"))
