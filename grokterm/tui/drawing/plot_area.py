"""The area of a plot among cells: where values lie, and its axes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from rich.style import Style

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.scales import Floats, Scale, evenly, short, ticks
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

GUTTER = 6
"""Cells left of the plot: a number of at most five characters and the axis."""
NAMES = 14
"""Cells right of the plot: the name of a curve and its live value; the same for all, so that steps line up."""
_LEAST_PLOT = 12
"""Cells of a plot that names leave it, at least."""
_ACROSS = 9
"""Cells from one number to the next on the x axis, at least."""


def even_rows(scale: Scale, height: int, down: int) -> Scale:
    """The y axis of so many cells with `down` points each, its ticks at rows equally far apart."""
    return evenly(scale, height - 1 / down)


def names_beside(width: int) -> int:
    """Cells right of a plot for names, of `width` that it may take with them; 0 where there is too little room."""
    return NAMES if width - NAMES >= _LEAST_PLOT else 0


@dataclass(frozen=True, slots=True)
class Axes:
    """How the axes run; a percent axis is fixed from 0 to 1 and written 0 % to 100 %."""

    log_x: bool = False
    log_y: bool = False
    percent: bool = False
    across: str = "steps"
    """What the x axis counts."""
    until: float = 0.0
    """The step that the x axis of curves reaches at least, also where nothing is drawn yet."""


@dataclass(frozen=True, slots=True)
class PlotArea:
    """A plot of `width` × `height` cells whose upper left cell is (left, 0)."""

    left: int
    width: int
    height: int
    x: Scale
    y: Scale

    def column(self, step: float) -> int:
        """The cell in which a step lies."""
        place = float(self.x.place(np.array([step]))[0])
        return self.left + min(int(place * self.width), self.width - 1)

    def row(self, value: float, down: int) -> int:
        """The cell in which a value lies that is drawn with `down` points a cell."""
        return int(self.rows(np.array([value]), down)[0])

    def rows(self, values: Floats, down: int) -> Floats:
        """The cells in which values lie, each as `row` gives it."""
        return np.asarray(self.height - 1 - np.rint(self.y.place(values) * (self.height * down - 1)) // down)


def draw_axes(cells: Cells, area: PlotArea, axes: Axes, down: int, graph: Graph, palette: Palette) -> None:
    """The y axis left of the plot and the numbers of both axes."""
    line, number = palette.style("border"), palette.style("muted")
    bar, tick = ("|", "+") if graph == "ascii" else ("│", "┤")
    for y in range(area.height):
        cells.put(area.left - 1, y, bar, line)
    for value, text in _values(area, axes):
        y = area.row(value, down)
        cells.put(area.left - 1, y, tick, line)
        cells.put(area.left - 1 - len(text), y, text, number)
    _steps(cells, area, axes.across, number)


def _values(area: PlotArea, axes: Axes) -> Iterable[tuple[float, str]]:
    if axes.percent:
        even = next((n for n in (5, 3) if (area.height - 1) % (n - 1) == 0 and area.height >= 2 * n - 1), 0)
        count = even or (3 if area.height >= 7 else 2)
        return [(k / (count - 1), f"{100 * k // (count - 1)} %") for k in range(count)]
    return [(value, short(value)) for value in ticks(area.y, max(area.height // 2, 2))]


def _steps(cells: Cells, area: PlotArea, across: str, style: Style) -> None:
    """The numbers of the x axis on the line below the plot, none touching another."""
    taken = area.left - 1
    for step in ticks(area.x, max(area.width // _ACROSS, 3)):
        text = short(step)
        start = max(area.column(step) - len(text) // 2, area.left - 1)
        start = min(start, area.left + area.width - len(text))
        if start >= taken:
            cells.put(start, area.height, text, style)
            taken = start + len(text) + 2
    if cells.width - taken >= len(across) + 1 > 0:
        cells.put(cells.width - len(across), area.height, across, style)
