"""Vertical marks with a few words, thinned where they crowd."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.plot_area import PlotArea
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

_CELLS_A_MARK = 4
"""Cells of the plot for one mark, at least; the newest are drawn."""
_SIGNS = "≈~"
"""With which words begin, beside letters and digits."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A vertical line at a step, with a few words; `color` is mark or milestone."""

    step: float
    words: str
    color: str


def draw_marks(cells: Cells, area: PlotArea, marks: Sequence[Mark], graph: Graph, palette: Palette) -> None:
    """Draws marks on the cells that are still blank; changes go before milestones, newer before older.

    Words come first and lines pass behind them, so that a mark among others still says what it is.
    """
    glyph = ":" if graph == "ascii" else "┊"
    columns: dict[int, Mark] = {}
    for mark in sorted(marks, key=lambda m: (m.color != "mark", -m.step)):
        if area.x.low <= mark.step <= area.x.high and len(columns) < max(area.width // _CELLS_A_MARK, 1):
            columns.setdefault(area.column(mark.step), mark)
    for x, mark in columns.items():
        write_words(cells, area, x, mark, palette)
    for x, mark in columns.items():
        for y in range(area.height):
            if cells.free(x, y, 1):
                cells.put(x, y, glyph, palette.style(mark.color))


def draw_cursor(cells: Cells, area: PlotArea, step: float, graph: Graph, palette: Palette) -> None:
    """Draws a whole line at a step on the cells that are still blank, and below it a pointer between the numbers."""
    x, style = area.column(min(max(step, area.x.low), area.x.high)), palette.style("accent")
    line, pointer = ("|", "^") if graph == "ascii" else ("│", "▲")
    for y in range(area.height):
        if cells.free(x, y, 1):
            cells.put(x, y, line, style)
    if cells.free(x, area.height, 1):
        cells.put(x, area.height, pointer, style)


def write_words(cells: Cells, area: PlotArea, x: int, mark: Mark, palette: Palette) -> None:
    """Writes a mark's words right or left of its line, in the first row where they touch nothing."""
    length = len(mark.words)
    for y in range(area.height):
        for start, room in ((x + 2, x + 1), (x - length - 1, x - length - 2)):
            inside = start >= area.left and start + length <= area.left + area.width
            if inside and cells.free(room, y, length + 2):
                cells.put(start, y, mark.words, palette.style(mark.color))
                return


def is_among_words(cells: Cells, x: int, y: int) -> bool:
    """Whether a blank stands beside the words of a mark."""
    beside = cells.glyphs[y][max(x - 1, 0) : x + 2]
    return any((glyph.isalnum() or glyph in _SIGNS) and glyph.isprintable() for glyph in beside)
