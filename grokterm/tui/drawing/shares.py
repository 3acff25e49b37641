"""Shares of a whole, the largest first, and what they add up to."""

from __future__ import annotations

from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.tui.drawing.blocks import stack
from grokterm.tui.drawing.cells import Cells, row
from grokterm.tui.drawing.dots import Dots
from grokterm.tui.drawing.plot_area import GUTTER
from grokterm.tui.drawing.scales import Floats, Scale, evenly, round_up, ticks
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

MOST: Final = 0.9
"""The share of the whole that the note tells about."""
_PITCH: Final = 16
_AXES_FROM: Final = (24, 9)


def draw_shares(
    shares: Floats, total: int, width: int, height: int, graph: Graph, palette: Palette, most: float = 0.0
) -> list[Strip]:
    """Shares [n] as bars with what they add up to below, numbered 1 … n, as many as there is room for.

    `most` is the largest share that the axis holds at least.
    """
    if width < _AXES_FROM[0] or height < _AXES_FROM[1]:
        bars = stack(shares[:width] / (shares.max(initial=0) or 1.0), height, graph)
        return [row([(text, palette.style("key"))], width) for text in bars]
    wide, rows = width - GUTTER, height - 3
    count = min(len(shares), wide // 2)
    pitch = max(min(wide // max(count, 1), _PITCH), 2)
    upper = (rows + 1) // 2
    cells = Cells(width, height)
    sums = np.cumsum(np.nan_to_num(shares))
    needed = int(np.searchsorted(sums, MOST * (1 - 1e-9))) + 1
    cells.put(0, 0, "share of the variance a component", palette.style("text"))
    most = round_up(max(most, float(np.nanmax(shares, initial=0.0))))
    _bars(cells, 1, upper, shares[:count], evenly(Scale(0.0, most or 1.0), upper), pitch, needed, graph, palette)
    cells.put(0, upper + 1, _sum_words(sums, needed, total), palette.style("text"))
    _curve(cells, upper + 2, rows - upper, sums[:count], pitch, graph, palette)
    _numbers(cells, height - 1, count, pitch, palette)
    return cells.strips()


def _sum_words(sums: Floats, needed: int, total: int) -> str:
    if not sums.size or sums[-1] <= 0:
        return "there is no variance"
    if needed > len(sums):
        return f"sum: {len(sums)} of {total} hold {100 * sums[-1]:.0f} %"
    return f"sum: {needed} of {total} hold {100 * MOST:.0f} % (lit)"


def _bars(
    cells: Cells, top: int, rows: int, shares: Floats, scale: Scale, pitch: int, needed: int, graph: Graph,
    palette: Palette,
) -> None:  # fmt: skip
    _axis(cells, top, rows, scale, graph, palette)
    for y, text in enumerate(stack(shares / scale.high, rows, graph)):
        for at, glyph in enumerate(text):
            if glyph != " ":
                style = palette.style("key" if at < needed else "bar")
                cells.put(GUTTER + at * pitch, top + y, glyph * (pitch - 1), style)


def _curve(cells: Cells, top: int, rows: int, sums: Floats, pitch: int, graph: Graph, palette: Palette) -> None:
    _axis(cells, top, rows, Scale(0.0, 1.0, every=_even_share(rows)), graph, palette)
    dots = Dots(cells.width - GUTTER, rows, graph)
    x = np.arange(len(sums)) * pitch + (pitch - 1) / 2
    y = (1 - np.clip(sums, 0, 1)) * (rows - 0.5) + 0.2
    if len(sums) == 1:
        dots.points(np.stack([x, y], -1))
    dots.line(np.stack([x, y], -1))
    dots.paint(cells, GUTTER, top, palette.style("test"), "*")
    level = top + min(int((1 - MOST) * (rows - 0.5) + 0.2), rows - 1)
    for column in range(GUTTER, GUTTER + len(sums) * pitch):
        if cells.free(column, level, 1):
            cells.put(column, level, "-" if graph == "ascii" else "╌", palette.style("border"))


def _even_share(rows: int) -> float:
    """From one tick to the next of an axis from 0 to 1: whole rows where they allow it, else all of it."""
    return next((1 / n for n in (5, 4, 2) if rows % n == 0 and rows >= 2 * n), 1.0)


def _axis(cells: Cells, top: int, rows: int, scale: Scale, graph: Graph, palette: Palette) -> None:
    bar, tick = ("|", "+") if graph == "ascii" else ("│", "┤")
    for y in range(rows):
        cells.put(GUTTER - 1, top + y, bar, palette.style("border"))
    for value in ticks(scale, max(min(rows // 2, 6), 2)):
        y = top + min(int((1 - value / scale.high) * rows + 1e-9), rows - 1)
        text = f"{100 * value:.3g} %"
        text = text if len(text) < GUTTER else text.replace(" ", "")
        cells.put(GUTTER - 1, y, tick, palette.style("border"))
        cells.put(GUTTER - 1 - len(text), y, text, palette.style("muted"))


def _numbers(cells: Cells, y: int, count: int, pitch: int, palette: Palette) -> None:
    """The numbers of components below both drawings, none touching another."""
    taken = GUTTER
    for number in range(1, count + 1):
        if (number > 10 and number % 5) or (pitch < 4 and number > 1 and number % 5):
            continue
        text = str(number)
        x = GUTTER + (number - 1) * pitch + max((pitch - 1 - len(text)) // 2, 0)
        if x >= taken and x + len(text) <= cells.width:
            cells.put(x, y, text, palette.style("muted"))
            taken = x + len(text) + 1
    name = "component"
    if taken + 1 + len(name) <= cells.width:
        cells.put(taken + 1, y, name, palette.style("muted"))
