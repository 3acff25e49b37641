"""Columns of a height between nothing and full, in eighths of a cell."""

from __future__ import annotations

from typing import Final

import numpy as np

from grokterm.tui.drawing.scales import Floats
from grokterm.view_options import Graph

EIGHTHS: Final = " ▁▂▃▄▅▆▇█"
ASCII: Final = " .:#"


def stack(levels: Floats, rows: int, graph: Graph) -> list[str]:
    """`rows` strings, top first, of one glyph a level 0 … 1; what is not a number stays blank, more than 0 shows."""
    glyphs = np.array(list(ASCII if graph == "ascii" else EIGHTHS))
    parts = len(glyphs) - 1
    levels = np.clip(np.nan_to_num(levels, nan=0.0, posinf=1.0, neginf=0.0), 0.0, 1.0)
    filled = np.rint(levels * rows * parts).astype(np.int64)
    filled = np.where(levels > 0, np.maximum(filled, 1), 0)
    return ["".join(glyphs[np.clip(filled - parts * y, 0, parts)]) for y in reversed(range(max(rows, 0)))]
