"""A spectrum over the whole screen: bars with both axes, its background, and the norm from which a bar is key."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from textual.strip import Strip

from grokterm.tui.drawing.bars import full_height, put_bars
from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.plot_area import GUTTER
from grokterm.tui.drawing.scales import Floats, Scale, evenly, short, ticks
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

_WIDEST: Final = 40
"""Cells from one bar to the next, at most."""
_AXES_FROM: Final = (24, 6)


def draw_spectrum(
    norms: Floats,
    keys: Sequence[int],
    levels: Sequence[tuple[str, float, str]],
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
    names: Sequence[str] = (),
) -> list[Strip]:
    """Norms at k = 1 … as bars, keys lit and named; `levels` are lines across: what they are, the norm, a colour.

    `names` are those of all bars, where they are no frequencies.
    """
    if width < _AXES_FROM[0] or height < _AXES_FROM[1]:
        cells = Cells(width, height)
        put_bars(cells, 0, norms, keys, graph, palette, names=names)
        return cells.strips()
    cells = Cells(width, height - 1)
    rows = cells.height - 1
    scale = evenly(Scale(0.0, full_height(norms) or 1.0), rows)
    put_bars(cells, GUTTER, norms, keys, graph, palette, _WIDEST, centred=False, top=scale.high, names=names)
    _norm_axis(cells, scale, graph, palette)
    dash, legend = ("-" if graph == "ascii" else "╌"), Cells(width, 1)
    x = GUTTER
    for words, value, color in levels:
        if math.isfinite(value) and 0 < value <= scale.high:
            y = _row(value, scale, rows)
            for column in [column for column in range(GUTTER, width) if cells.free(column, y, 1)]:
                cells.put(column, y, dash, palette.style(color))
        text = f"{dash * 2} {words} {short(value)}"
        legend.put(x, 0, text, palette.style(color))
        x += len(text) + 3
    note = "norm per two dimensions" if names else "norm of cosine and sine at frequency k"
    if width - x >= len(note):
        legend.put(width - len(note), 0, note, palette.style("muted"))
    return [*cells.strips(), *legend.strips()]


def _norm_axis(cells: Cells, scale: Scale, graph: Graph, palette: Palette) -> None:
    """The axis left of the bars, with round norms."""
    rows = cells.height - 1
    bar, tick = ("|", "+") if graph == "ascii" else ("│", "┤")
    for y in range(rows):
        cells.put(GUTTER - 1, y, bar, palette.style("border"))
    for value in ticks(scale, max(rows // 3, 2)):
        y, text = _row(value, scale, rows), short(value)
        cells.put(GUTTER - 1, y, tick, palette.style("border"))
        cells.put(GUTTER - 1 - len(text), y, text, palette.style("muted"))


def _row(value: float, scale: Scale, rows: int) -> int:
    return min(rows - 1, rows - 1 - int(value / scale.high * rows - 1e-9))
