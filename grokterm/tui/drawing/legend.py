"""What the colours and glyphs of the table mean, beside it where there is room."""

from __future__ import annotations

from typing import Final

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.lattice import Lattice
from grokterm.tui.drawing.states import COLORS, MANY, RIGHT, RIGHT_TRAINED, UNSURE, UNSURE_TRAINED, WRONG, WRONG_TRAINED
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


def draw_legend(lattice: Lattice, graph: Graph, palette: Palette) -> Cells | None:
    """A legend no higher than the table, or None where it does not fit."""
    lines = [*_LINES, *_about(lattice)]
    if lattice.height < len(_LINES):
        return None
    cells = Cells(WIDTH, min(len(lines), lattice.height))
    glyphs = ASCII_GLYPHS if graph == "ascii" else GLYPHS
    muted = palette.style("muted")
    for y, (text, code) in enumerate(lines):
        if code is None:
            cells.put(0, y, text, palette.style("text") if text in ("test", "train") else muted)
            continue
        swatch = "██" if in_half_blocks(graph, palette) else glyphs[code] * 2
        cells.put(0, y, swatch, palette.style(COLORS[code]))
        cells.put(3, y, text, muted)
    return cells


def _about(lattice: Lattice) -> list[tuple[str, None]]:
    """How many pairs a cell holds, and the keys that zoom."""
    across, down = lattice.reduction
    size = f"{across}×{down}" if lattice.even else f"≤ {across}×{down}"
    held = [("each cell", None), (size, None), ("test pairs" if across * down >= MANY else "pairs", None)]
    return [("", None), *(held if lattice.reduced else []), ("", None), ("+ − zoom", None)]
