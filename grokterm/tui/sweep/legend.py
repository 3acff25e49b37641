"""What the letters, digits and colours of the phase diagram mean, in two lines."""

from __future__ import annotations

import math
from typing import Final

from rich.style import Style

from grokterm.milestones import GROKKED
from grokterm.sweeps.phases import LEARNED, PHASES
from grokterm.sweeps.summaries import CellSummary
from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.scales import short
from grokterm.tui.sweep.looks import DIGITS, LETTERS, NEVER, STANDINGS, Coloring, look_of
from grokterm.tui.sweep.tiles import Tile
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph
from grokterm.wire.swept import SweptPhase

Piece = tuple[str, Style]

_GAP: Final = 2
_SHORT: Final[tuple[dict[SweptPhase, str], ...]] = (
    {"comprehension": "compr.", "grokking": "grokking", "memorization": "memor.", "confusion": "confusion"},
    {"comprehension": "compr.", "grokking": "grok.", "memorization": "mem.", "confusion": "conf."},
)
_LEAST: Final = (24, 8)
"""Width and height of a diagram from which it has a legend."""
_TWO_FROM: Final = 9
"""Height from which the legend has a line for what is not known yet."""


def legend_height(width: int, height: int) -> int:
    """Lines that the legend of a diagram of this size has."""
    return 0 if width < _LEAST[0] or height < _LEAST[1] else 1 + (height >= _TWO_FROM)


def draw_legend(cells: Cells, top: int, lines: int, coloring: Coloring, graph: Graph, palette: Palette) -> None:
    """Writes what the letters mean, and below, where there are two lines, what the other glyphs do."""
    if coloring.name == "phase":
        _phases(cells, top, graph, palette)
    else:
        _scale(cells, top, coloring, graph, palette)
    if lines > 1:
        _standings(cells, top + 1, coloring, graph, palette)


def _phases(cells: Cells, y: int, graph: Graph, palette: Palette) -> None:
    """Each phase with its letter; the names shortened where there is no room for all."""
    tries: tuple[dict[SweptPhase, str], ...] = ({phase: phase for phase in PHASES}, *_SHORT, dict.fromkeys(PHASES, ""))
    names = next((each for each in tries if sum(map(len, each.values())) + 22 <= cells.width), tries[-1])
    x = 0
    for phase, name in names.items():
        look = look_of(_example(phase), Coloring("phase"), graph, palette)
        cells.put(x, y, f" {LETTERS[phase]} ", look.text)
        cells.put(x + 4, y, name, palette.style("muted"))
        x += 4 + len(name) + _GAP
    _threshold(cells, x, y, LEARNED, palette)


def _threshold(cells: Cells, x: int, y: int, accuracy: float, palette: Palette) -> None:
    """From which test accuracy on what stands left of it is counted, where there is room."""
    text = f"at {100 * accuracy:.0f} %"
    if x + len(text) <= cells.width:
        cells.put(x, y, text, palette.style("muted"))


def _scale(cells: Cells, y: int, coloring: Coloring, graph: Graph, palette: Palette) -> None:
    """The digits on their colours, between the ends of the scale."""
    percent = coloring.name in ("share", "test_accuracy")
    low, high = (f"{100 * end:.0f} %" if percent else short(end) for end in (coloring.low, coloring.high))
    muted, x = palette.style("muted"), len(low) + 1
    cells.put(0, y, low, muted)
    wide = 2 if cells.width >= x + 2 * DIGITS + len(high) + 1 else 1
    for digit in range(DIGITS):
        value = (digit + 0.5) / DIGITS
        look = look_of(_example("grokking", value), Coloring("share"), graph, palette)
        cells.put(x, y, look.letter.rjust(wide), look.text)
        x += wide
    end = high + (", log" if coloring.log else "")
    cells.put(x + 1, y, end, muted)
    if coloring.name in ("share", "steps"):
        _threshold(cells, x + 1 + len(end) + _GAP, y, GROKKED.accuracy, palette)


def _standings(cells: Cells, y: int, coloring: Coloring, graph: Graph, palette: Palette) -> None:
    """The glyphs of tiles whose value is not known, and of a letter that is small."""
    ascii_only = graph == "ascii"
    pieces: list[tuple[str, Style, str]] = [
        (plain if ascii_only else glyph, palette.style(color), standing)
        for standing, (glyph, plain, color) in STANDINGS.items()
    ]
    if coloring.name == "steps":
        pieces.insert(0, (NEVER[ascii_only], palette.style("wrong"), "half never"))
    if coloring.name == "phase":
        pieces.append(("c", palette.style("text"), "seeds differ"))
    x, muted = 0, palette.style("muted")
    for glyph, style, words in pieces:
        if x + 2 + len(words) > cells.width:
            return
        cells.put(x, y, glyph, style)
        cells.put(x + 2, y, words, muted)
        x += 2 + len(words) + _GAP


def _example(phase: SweptPhase, share: float = 1.0) -> Tile:
    return Tile((0,), 1, CellSummary(1, 0, 1, share, phase, math.inf, 1.0, 0.0))
