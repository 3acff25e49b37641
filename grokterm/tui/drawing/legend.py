"""What the colours and glyphs of the table mean, beside it where there is room."""

from __future__ import annotations

from typing import Final

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.states import COLORS, RIGHT, RIGHT_TRAINED, UNSURE, UNSURE_TRAINED, WRONG, WRONG_TRAINED
from grokterm.tui.drawing.table import ASCII_GLYPHS, GLYPHS, in_half_blocks
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

WIDTH: Final = 10
"""Cells that a legend takes."""
_LINES: Final = (
    ("test", None),
    ("right", RIGHT),
    ("wrong", WRONG),
    ("unsure", UNSURE),
    ("", None),
    ("train", None),
    ("right", RIGHT_TRAINED),
    ("wrong", WRONG_TRAINED),
    ("unsure", UNSURE_TRAINED),
)


def draw_legend(height: int, graph: Graph, palette: Palette) -> Cells | None:
    """A legend of at most `height` rows, or None where it does not fit."""
    if height < len(_LINES):
        return None
    cells = Cells(WIDTH, len(_LINES))
    glyphs = ASCII_GLYPHS if graph == "ascii" else GLYPHS
    muted = palette.style("muted")
    for y, (text, code) in enumerate(_LINES):
        if code is None:
            cells.put(0, y, text, palette.style("text"))
            continue
        swatch = "██" if in_half_blocks(graph, palette) else glyphs[code] * 2
        cells.put(0, y, swatch, palette.style(COLORS[code]))
        cells.put(3, y, text, muted)
    return cells
