"""Spectra over training steps: a column a step, a row a frequency."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells, row
from grokterm.tui.drawing.heat import draw_heat, draw_scale, in_half_blocks, largest, resized
from grokterm.tui.drawing.matrix import Axis
from grokterm.tui.drawing.plot_area import GUTTER, Axes, PlotArea, draw_axes
from grokterm.tui.drawing.scales import Floats, Scale, step_scale
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

NAMES: Final = 8
"""Cells right of the picture: the names of the key frequencies."""
_AXES_FROM: Final = (24, 6)


def draw_waterfall(
    steps: Floats,
    spectra: Floats,
    keys: Sequence[int],
    log_x: bool,
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
    cursor: float | None = None,
) -> list[Strip]:
    """Norms [steps, frequencies] as `height` strips of `width` cells, low frequencies at the bottom, keys named.

    `cursor` is a step that a pointer below the picture stands at.
    """
    framed = width >= _AXES_FROM[0] and height >= _AXES_FROM[1]
    wide = width - (GUTTER + NAMES) * framed
    high = height - 2 * framed
    x = step_scale(float(steps.max(initial=0)), float(steps[steps > 0].min(initial=np.inf)), log_x)
    table = _columns(steps, spectra, x, wide)
    count = table.shape[0]
    points = max(high, 1) * (1 + in_half_blocks(graph, palette))
    table = resized(table[::-1], points, table.shape[1], "peak") if count else table
    top = largest(spectra)
    heat = draw_heat(table, wide, high, graph, palette, top=top)
    if not framed:
        return heat
    cells = Cells(width, high + 1)
    # No number of the y axis fits in: frequencies are whole, and named here.
    area = PlotArea(GUTTER, wide, high, x, Scale(0.0, 1.0))
    draw_axes(cells, replace(area, y=Scale(math.nan, math.nan)), Axes(log_x=log_x), 1, graph, palette)
    if cursor is not None:
        cells.put(area.column(cursor), high, "^" if graph == "ascii" else "▲", palette.style("accent"))
    _frequencies(cells, Axis("k", count, 1), points, keys, palette)
    words = row([("norm ", palette.style("muted"))], 5)
    scale = Strip.join([words, draw_scale(top, width - 5, graph, palette)])
    return [*_framed(cells, heat), cells.strips()[high], scale]


def _framed(cells: Cells, heat: Sequence[Strip]) -> list[Strip]:
    """The lines of the picture, between the axis and the names that stand in the cells."""
    width = cells.width
    return [
        Strip.join([line.crop(0, GUTTER), picture, line.crop(width - NAMES, width)])
        for line, picture in zip(cells.strips(), heat, strict=False)
    ]


def _frequencies(cells: Cells, axis: Axis, points: int, keys: Sequence[int], palette: Palette) -> None:
    """Round frequencies at the left, key frequencies at the right."""
    rows = cells.height - 1
    for k in axis.numbers(rows, 3):
        y, text = axis.spot(k, points) * rows // points, f"k {k}" if k in (axis.first, axis.last) else str(k)
        if cells.free(0, y, GUTTER - 1):
            cells.put(GUTTER - 1 - len(text), y, text, palette.style("muted"))
    for k in keys:
        y = axis.spot(k, points) * rows // points
        if axis.last <= k <= axis.first and cells.free(cells.width - NAMES, y, NAMES):
            cells.put(cells.width - NAMES + 1, y, f"k {k}", palette.style("key"))


def _columns(steps: Floats, spectra: Floats, x: Scale, wide: int) -> Floats:
    """[frequencies, columns]: in each column the last spectrum up to its end; NaN beyond the run."""
    wide = max(wide, 1)
    table = np.full((spectra.shape[1], wide), np.nan)
    if not steps.size:
        return table
    places = x.place(steps)
    ends = np.arange(1, wide + 1) / wide
    last = np.searchsorted(places, ends - 1e-12, side="right") - 1
    known = (last >= 0) & (ends - 1 / wide <= places[-1])
    table[:, known] = spectra[last[known]].T
    return table
