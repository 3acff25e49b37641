"""A line under curves, along their step axis: the phases of the run, and where in it the screen stands."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from rich.style import Style
from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.plot_area import GUTTER, Axes, PlotArea, names_beside
from grokterm.tui.drawing.scales import Floats, Scale, step_scale
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph


def draw_slider(
    steps: Floats,
    phases: Sequence[tuple[int, str]],
    at: float,
    axes: Axes,
    width: int,
    graph: Graph,
    palette: Palette,
) -> Strip:
    """One strip of `width` cells under a plot of curves over `steps` with the same axes and width.

    `phases` are the steps at which phases began, rising, each with the meaning that colours it.
    """
    cells = Cells(width, 1)
    plot = max(width - GUTTER - names_beside(width - GUTTER), 1)
    last, first = float(steps.max(initial=0.0)), float(steps[steps > 0].min(initial=np.inf))
    x = step_scale(max(last, axes.until), first, axes.log_x)
    area = PlotArea(GUTTER, plot, 1, x, Scale(0.0, 1.0))
    place, end = area.column(at), area.column(last)
    done, ahead, handle = ("=", "-", "o") if graph == "ascii" else ("━", "─", "●")
    begun = [area.column(max(step, x.low)) for step, _ in phases]
    for cell in range(GUTTER, end + 1):
        number = max(bisect_right(begun, cell) - 1, 0)
        color = phases[number][1] if phases else "muted"
        cells.put(cell, 0, done if cell < place else ahead, palette.style(color))
    cells.put(place, 0, handle, palette.style("accent") + Style(bold=True))
    return cells.strips()[0]
