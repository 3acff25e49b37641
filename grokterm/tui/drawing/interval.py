"""An interval of steps in which something is expected: a shaded band with its middle, or an arrow to where it lies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.marks import Mark, is_among_words, write_words
from grokterm.tui.drawing.plot_area import PlotArea
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

_COLOR: Final = "muted"
_QUIET: Final = "border"
_GLYPHS: Final[dict[bool, tuple[str, str, str]]] = {True: (":", "=", ">"), False: ("░", "▒", "▸")}
"""Of the band, of its middle, and of the arrow, in ascii and else."""
_ASCII: Final = str.maketrans("≈–", "~-")


@dataclass(frozen=True, slots=True)
class Interval:
    """From one step to another, with a step between them."""

    low: float
    middle: float
    high: float
    words: str
    """The step between them, in words."""
    ends: str
    """The interval in words, for where not all of it can be seen."""


def spelled_for(words: str, graph: Graph) -> str:
    """Words of a forecast, in ascii where that is asked for."""
    return words.translate(_ASCII) if graph == "ascii" else words


def draw_interval_words(cells: Cells, area: PlotArea, interval: Interval, graph: Graph, palette: Palette) -> None:
    """Writes its words beside its middle, or at the right edge with an arrow where that does not reach so far."""
    words, ends = (spelled_for(said, graph) for said in (interval.words, interval.ends))
    if interval.middle <= area.x.high:
        x = area.column(max(interval.middle, area.x.low))
        write_words(cells, area, x, Mark(interval.middle, words, _COLOR), palette)
    if interval.high <= area.x.high:
        return
    said = f"{ends if interval.middle <= area.x.high else words} {_GLYPHS[graph == 'ascii'][2]}"
    start = area.left + area.width - len(said)
    row = next((y for y in range(area.height) if cells.free(start - 1, y, len(said) + 1)), None)
    if row is not None and start > area.left:
        cells.put(start, row, said, palette.style(_COLOR))


def draw_interval(cells: Cells, area: PlotArea, interval: Interval, graph: Graph, palette: Palette) -> None:
    """Shades the cells that are still blank from its low to its high end, those of its middle more densely."""
    if interval.low > area.x.high:
        return
    band, middle, _ = _GLYPHS[graph == "ascii"]
    first, at, last = (
        area.column(min(max(step, area.x.low), area.x.high)) for step in (interval.low, interval.middle, interval.high)
    )
    seen = interval.middle <= area.x.high
    for x in range(first, last + 1):
        for y in range(area.height):
            if cells.free(x, y, 1) and not is_among_words(cells, x, y):
                glyph, color = (middle, _COLOR) if x == at and seen else (band, _QUIET)
                cells.put(x, y, glyph, palette.style(color))
