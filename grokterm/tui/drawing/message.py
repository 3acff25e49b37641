"""A few words in the middle of an empty pane."""

from __future__ import annotations

import textwrap

from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.theme import Palette


def draw_message(words: str, width: int, height: int, palette: Palette) -> list[Strip]:
    """Words, wrapped and centred, as `height` strips of `width` cells."""
    cells = Cells(width, height)
    lines = textwrap.wrap(words, max(width - 2, 1))[: max(height, 0)]
    for y, line in enumerate(lines, start=(height - len(lines)) // 2):
        cells.put(max((width - len(line)) // 2, 0), y, line, palette.style("muted"))
    return cells.strips()
