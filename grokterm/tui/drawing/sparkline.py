"""Curves in a row or two, where there is no room for axes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from rich.style import Style
from textual.strip import Strip

from grokterm.tui.drawing.blocks import stack
from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.columns import Columns, reduce
from grokterm.tui.drawing.curves import Curve
from grokterm.tui.drawing.plot_area import Axes
from grokterm.tui.drawing.scales import Floats, Scale, step_scale, value_scale
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph


def draw_sparklines(
    steps: Floats,
    values: Floats,
    curves: Sequence[Curve],
    axes: Axes,
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
) -> list[Strip]:
    """Each curve [curves, steps] as a filled line with its name and live value; the last ones where rows are few."""
    cells = Cells(width, height)
    size = min(steps.size, values.shape[-1])
    steps, values = steps[:size], values[:, :size]
    shown = list(range(len(curves)))[-height:] if height > 0 else []
    names = max((len(curves[i].name) for i in shown), default=0) + 1
    lives = max((len(curves[i].live) for i in shown), default=0) + 1
    left, right = (names, lives) if width >= names + lives + 4 else (0, lives if width >= lives + 4 else 0)
    plot_width = max(width - left - right, 1)
    last, first = (float(steps.max()), float(steps[steps > 0].min(initial=np.inf))) if size else (0.0, np.inf)
    columns = reduce(steps, values, step_scale(last, first, axes.log_x), plot_width)
    scale = (
        Scale(0.0, 1.0) if axes.percent else value_scale(np.r_[columns.low.ravel(), columns.high.ravel()], axes.log_y)
    )
    rows = height // len(shown) if shown else 0
    for place, number in enumerate(shown):
        style, top = palette.style(curves[number].color), place * rows
        levels = np.maximum(scale.place(_extremes(columns, number, plot_width)), 1e-9)
        for y, text in enumerate(stack(levels, rows, graph)):
            cells.put(left, top + y, text, style)
        bottom = top + rows - 1
        if left:
            cells.put(0, bottom, curves[number].name, style)
        if right:
            cells.put(width - len(curves[number].live), bottom, curves[number].live, style + Style(bold=True))
    return cells.strips()


def _extremes(columns: Columns, number: int, count: int) -> Floats:
    """For each column the extreme that is farther from the column before; columns between points repeat."""
    levels = np.full(count, np.nan)
    if not columns.index.size:
        return levels
    low, high = columns.low[number], columns.high[number]
    middle = (low + high) / 2
    before = np.r_[middle[:1], middle[:-1]]
    before = np.where(np.isnan(before), middle, before)
    extreme = np.where(high - before >= before - low, high, low)
    end = int(columns.index[-1]) + 1
    nearest = np.searchsorted(columns.index, np.arange(end), side="right") - 1
    levels[:end] = np.where(nearest >= 0, extreme[np.maximum(nearest, 0)], np.nan)
    return levels
