"""Curves over training steps, with axes, marks and names at their ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from rich.style import Style
from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.columns import Columns, reduce, spans
from grokterm.tui.drawing.dots import DOTS, Dots
from grokterm.tui.drawing.interval import Interval, draw_interval, draw_interval_words
from grokterm.tui.drawing.marks import Mark, draw_cursor, draw_marks, is_among_words
from grokterm.tui.drawing.plot_area import GUTTER, Axes, PlotArea, draw_axes, even_rows, names_beside
from grokterm.tui.drawing.scales import Floats, Scale, step_scale, value_scale
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

_BOLD = Style(bold=True)
_ASCII = ".*"
"""Glyphs of the curves in ascii, that of the last one last."""
LEAST_WIDTH = 24
"""Cells below which axes are left out."""


@dataclass(frozen=True, slots=True)
class Curve:
    """A curve: its name, its live value in words, and the palette's meaning that colours it."""

    name: str
    live: str
    color: str


@dataclass(frozen=True, slots=True)
class Shade:
    """What lies between two curves, given by their numbers, from one step to another."""

    upper: int
    lower: int
    first: float
    last: float
    color: str = "muted"


def draw_curves(
    steps: Floats,
    values: Floats,
    curves: Sequence[Curve],
    marks: Sequence[Mark],
    axes: Axes,
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
    cursor: float | None = None,
    shade: Shade | None = None,
    expected: Sequence[Interval] = (),
) -> list[Strip]:
    """Curves [curves, steps] over steps as `height` strips of `width` cells; the last curve lies on top.

    `cursor` is a step that a line of its own goes through, `shade` what is to be filled between two curves, and
    `expected` intervals of steps in which something is.
    """
    cells = Cells(width, height)
    if width < 1 or height < 1:
        return cells.strips()
    framed = width >= LEAST_WIDTH and height >= 3
    left = GUTTER if framed else 0
    right = names_beside(width - left)
    area, columns = _scaled(steps, values, axes, left, max(width - left - right, 1), height, framed, graph)
    _lines(cells, area, columns, curves, graph, palette)
    if right:
        _ends(cells, area, columns, curves, DOTS[graph], palette)
    if framed:
        draw_axes(cells, area, axes, DOTS[graph][1], graph, palette)
    if cursor is not None:
        draw_cursor(cells, area, cursor, graph, palette)
    for interval in expected:
        draw_interval_words(cells, area, interval, graph, palette)
    draw_marks(cells, area, marks, graph, palette)
    for interval in expected:
        draw_interval(cells, area, interval, graph, palette)
    if shade is not None:
        draw_shade(cells, area, columns, shade, graph, palette)
    return cells.strips()


def _scaled(
    steps: Floats, values: Floats, axes: Axes, left: int, width: int, height: int, framed: bool, graph: Graph
) -> tuple[PlotArea, Columns]:
    """The area of the curves from the column `left` on, with both scales, and the curves as its columns."""
    size = min(steps.size, values.shape[-1])
    steps, values = steps[:size], values[:, :size]
    last, first = (float(steps.max()), float(steps[steps > 0].min(initial=np.inf))) if size else (0.0, np.inf)
    x = step_scale(max(last, axes.until), first, axes.log_x)
    across, down = DOTS[graph]
    columns = reduce(steps, values, x, width * across)
    y = Scale(0.0, 1.0) if axes.percent else value_scale(np.r_[columns.low.ravel(), columns.high.ravel()], axes.log_y)
    rows = max(height - framed, 1)
    if framed and not axes.percent:
        y = even_rows(y, rows, down)
    return PlotArea(left, width, rows, x, y), columns


def spread(rows: Sequence[int], height: int) -> list[int]:
    """Rows moved apart so that no two are the same and all lie in 0 … height − 1; earlier ones stay above on ties.

    With more rows than `height` the last ones get −1.
    """
    order = sorted(range(min(len(rows), height)), key=lambda i: (rows[i], i))
    placed = [-1] * len(rows)
    least = 0
    for rank, i in enumerate(order):
        placed[i] = min(max(rows[i], least), height - (len(order) - rank))
        least = placed[i] + 1
    return placed


def _lines(
    cells: Cells, area: PlotArea, columns: Columns, curves: Sequence[Curve], graph: Graph, palette: Palette
) -> None:
    for number, curve in enumerate(curves):
        letter = _ASCII[(number - len(curves)) % len(_ASCII)]
        draw_line(cells, area, columns, number, palette.style(curve.color), letter, graph)


def draw_line(
    cells: Cells, area: PlotArea, columns: Columns, number: int, style: Style, letter: str, graph: Graph
) -> None:
    """One curve of the columns, over what is there; in ascii it is written with `letter`."""
    dots = Dots(area.width, area.height, graph)
    dots.columns(*spans(columns, number, area.y, area.height * dots.down, area.width * dots.across))
    dots.paint(cells, area.left, 0, style, letter)


def draw_shade(cells: Cells, area: PlotArea, columns: Columns, shade: Shade, graph: Graph, palette: Palette) -> None:
    """Shades the cells that are still blank between two curves."""
    dots, down = DOTS[graph]
    upper, lower = columns.high[shade.upper], columns.low[shade.lower]
    known = np.isfinite(upper) & np.isfinite(lower)
    if not known.any():
        return
    at = columns.index[known] // dots
    first, last = (area.column(step) - area.left for step in (shade.first, shade.last))
    across = np.arange(max(first, int(at[0])), min(last, int(at[-1])) + 1)
    ends = [area.rows(np.interp(across, at, row[known]), down).astype(np.int64).tolist() for row in (upper, lower)]
    for x, top, bottom in zip(across.tolist(), *ends, strict=True):
        for y in range(top + 1, bottom):
            if cells.free(area.left + x, y, 1) and not is_among_words(cells, area.left + x, y):
                cells.put(area.left + x, y, ":" if graph == "ascii" else "░", palette.style(shade.color))


def _ends(
    cells: Cells, area: PlotArea, columns: Columns, curves: Sequence[Curve], dots: tuple[int, int], palette: Palette
) -> None:
    """Names and live values right of the curves' ends, moved apart."""
    across, down = dots
    end = area.left + (int(columns.index[-1]) // across if columns.index.size else 0)
    values = [last_value(columns, number) for number in range(len(curves))]
    rows = [area.height - 1 if np.isnan(v) else area.row(v, down) for v in values]
    order = sorted(range(len(curves)), key=lambda i: (rows[i], -np.nan_to_num(values[i])))
    placed = spread([rows[i] for i in order], area.height)
    for i, row in zip(order, placed, strict=True):
        name, live = curves[i].name, curves[i].live
        cells.put(end + 2, row, name, palette.style(curves[i].color))
        cells.put(end + 3 + len(name), row, live, palette.style(curves[i].color) + _BOLD)


def last_value(columns: Columns, number: int) -> float:
    """The last value of a curve that is a number, else NaN."""
    row = columns.high[number]
    finite = np.flatnonzero(np.isfinite(row))
    return float(columns.low[number][finite[-1]] + row[finite[-1]]) / 2 if finite.size else float("nan")
