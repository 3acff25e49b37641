"""Curves of several runs on the same axes, each with its letter and its name at its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from rich.style import Style
from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.columns import Columns, reduce
from grokterm.tui.drawing.curves import LEAST_WIDTH, Shade, draw_line, draw_shade, last_value
from grokterm.tui.drawing.dots import DOTS
from grokterm.tui.drawing.marks import Mark, draw_marks
from grokterm.tui.drawing.plot_area import GUTTER, Axes, PlotArea, draw_axes, even_rows
from grokterm.tui.drawing.scales import Floats, Scale, step_scale, value_scale
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

_BOLD: Final = Style(bold=True)
_DIM: Final = Style(dim=True)
_NAMES: Final = 0.32
"""Share of the width that names may take beside the plot."""
_LIVE: Final = 11
"""Cells for all beside a name, whatever is drawn, so that the steps of two plots line up: blanks, letter, value."""
_APART: Final = 14
"""Cells from one letter on a curve to the next of the same curve, where colours do not tell curves apart."""


@dataclass(frozen=True, slots=True, eq=False)
class RunCurve:
    """One curve of a run: its letter, what stands at its end, its colour, and its values [n] over its steps [n].

    In place of steps there are seconds where the axis counts those.
    """

    letter: str
    name: str
    """Empty where another curve of the run has the name."""
    live: str
    color: str
    steps: Floats
    values: Floats
    faint: bool = False
    band: tuple[Floats, Floats] | None = None
    """Of several runs whose median this is, the low and the high end of their band, each [n]."""
    band_color: str = ""
    """The band's colour, where that is not the curve's."""

    @property
    def rows(self) -> Floats:
        """The curve and its band, [1 or 3, n]."""
        return np.stack([self.values, *(self.band or ())])


def draw_overlay(
    curves: Sequence[RunCurve],
    marks: Sequence[Mark],
    axes: Axes,
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
) -> list[Strip]:
    """Curves, each over steps of its own, as `height` strips of `width` cells; the first one lies on top."""
    cells = Cells(width, height)
    if width < 1 or height < 1:
        return cells.strips()
    framed = width >= LEAST_WIDTH and height >= 3
    left = GUTTER if framed else 0
    names = max((len(curve.name) for curve in curves), default=0)
    right = names + _LIVE if has_room_for(names, width) else 0
    plot_width = max(width - left - right, 1)
    x = _steps(curves, axes)
    found = [reduce(curve.steps, curve.rows, x, plot_width * DOTS[graph][0]) for curve in curves]
    values = np.concatenate([np.empty(0), *(part.ravel() for columns in found for part in (columns.low, columns.high))])
    y = Scale(0.0, 1.0) if axes.percent else value_scale(values, axes.log_y)
    high = max(height - framed, 1)
    if framed and not axes.percent:
        y = even_rows(y, high, DOTS[graph][1])
    area = PlotArea(left, plot_width, high, x, y)
    drawn = list(zip(curves, found, strict=True))
    for curve, columns in reversed(drawn):
        style = palette.style(curve.color) + (_DIM if curve.faint else Style())
        draw_line(cells, area, columns, 0, style, curve.letter.lower() if curve.faint else curve.letter, graph)
    if palette.depth != "truecolor" and graph != "ascii":
        for place, (curve, columns) in enumerate(drawn):
            _letters(cells, area, columns, curve, place, DOTS[graph], palette)
    if framed:
        draw_axes(cells, area, axes, DOTS[graph][1], graph, palette)
    for curve, columns in sorted(drawn, key=lambda item: _height_of(item[1])):
        _name(cells, area, columns, curve, DOTS[graph], palette)
    draw_marks(cells, area, marks, graph, palette)
    for curve, columns in drawn:
        if curve.band and curve.steps.size:  # last of all: a band takes what is left blank
            shade = Shade(2, 1, float(curve.steps[0]), float(curve.steps[-1]), curve.band_color or curve.color)
            draw_shade(cells, area, columns, shade, graph, palette)
    return cells.strips()


def has_room_for(name: int, width: int) -> bool:
    """Whether names of so many cells have a place beside a plot, so that all of them can be written."""
    return name + _LIVE <= _NAMES * width


def _steps(curves: Sequence[RunCurve], axes: Axes) -> Scale:
    """The step axis that holds all curves."""
    last = max((float(curve.steps.max()) for curve in curves if curve.steps.size), default=0.0)
    first = min((float(curve.steps[curve.steps > 0].min(initial=np.inf)) for curve in curves), default=np.inf)
    return step_scale(last, first, axes.log_x, 100.0 if axes.across == "steps" else 1.0)


def _label(curve: RunCurve) -> str:
    return f"{curve.letter} {curve.name} {curve.live}" if curve.name else ""


def _height_of(columns: Columns) -> float:
    """What orders names: the highest curve comes first."""
    value = last_value(columns, 0)
    return np.inf if np.isnan(value) else -value


def _letters(
    cells: Cells, area: PlotArea, columns: Columns, curve: RunCurve, place: int, dots: tuple[int, int], palette: Palette
) -> None:
    """The curve's letter on it, again and again; those of different curves stand at different places."""
    across, down = dots
    middle = (columns.low[0] + columns.high[0]) / 2
    offset = 2 + place * max(_APART // 6, 1)
    seen = -1
    for at, value in zip((columns.index // across).tolist(), middle.tolist(), strict=True):
        if at % _APART == offset % _APART and at != seen and value == value:
            cells.put(area.left + at, area.row(value, down), curve.letter, palette.style(curve.color) + _BOLD)
            seen = at


def _name(
    cells: Cells, area: PlotArea, columns: Columns, curve: RunCurve, dots: tuple[int, int], palette: Palette
) -> None:
    """Letter, name and live value where the curve ends, in the nearest row that is free; nowhere if none is."""
    label = _label(curve)
    if not label or not columns.index.size:
        return
    across, down = dots
    value = last_value(columns, 0)
    row = area.height - 1 if np.isnan(value) else area.row(value, down)
    end = area.left + int(columns.index[-1]) // across
    style = palette.style(curve.color)
    beside, within = area.left + area.width + 1, cells.width - len(label)
    for start in [place for place in (end + 2, beside, within) if area.left < place <= within]:
        for y in sorted(range(area.height), key=lambda y: abs(y - row)):
            if cells.free(start - 1, y, len(label) + 1):
                cells.put(start, y, label, style)
                cells.put(start + len(label) - len(curve.live), y, curve.live, style + _BOLD)
                return
