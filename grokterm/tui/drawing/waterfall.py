"""Spectra over training steps: a column a step, a row a frequency."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.frame import GUTTER, Axes, Frame, draw_axes
from grokterm.tui.drawing.heat import draw_heat, draw_scale, extent, in_half_blocks, largest
from grokterm.tui.drawing.scales import Floats, Scale, step_scale
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

NAMES: Final = 6
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
    rows, _ = extent(table.shape, max(wide, 1), max(high, 1), in_half_blocks(graph, palette), False)
    rows = -(-rows // 2) if in_half_blocks(graph, palette) else rows
    top = largest(spectra)
    heat = draw_heat(table[::-1], wide, high, graph, palette, top=top, pooling="peak")
    if not framed:
        return heat
    cells = Cells(width, rows + 1)
    frame = Frame(GUTTER, wide, rows, x, Scale(0.5, count + 0.5))
    draw_axes(cells, frame, Axes(log_x=log_x), 1, graph, palette)
    if cursor is not None:
        cells.put(frame.column(cursor), rows, "^" if graph == "ascii" else "▲", palette.style("accent"))
    for k in keys:
        y = rows - 1 - min(int((k - 0.5) / count * rows), rows - 1)
        if 1 <= k <= count and cells.free(width - NAMES, y, NAMES):
            cells.put(width - NAMES + 1, y, f"k {k}", palette.style("key"))
    drawn = [
        Strip.join([line.crop(0, GUTTER), picture, line.crop(width - NAMES, width)])
        for line, picture in zip(cells.strips(), heat[:rows], strict=False)
    ]
    scale = Strip.join([_words("frequency k up, norm ", palette), draw_scale(top, width - 21, graph, palette)])
    return [*drawn, cells.strips()[rows], scale, *[Strip.blank(width)] * (height - rows - 2)]


def _words(text: str, palette: Palette) -> Strip:
    cells = Cells(len(text), 1)
    cells.put(0, 0, text, palette.style("muted"))
    return cells.strips()[0]


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
