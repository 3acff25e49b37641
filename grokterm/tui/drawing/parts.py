"""Parts of a model in a row, each a column over its name: what can be taken out of it, and what is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from rich.style import Style
from textual.strip import Strip

from grokterm.tui.drawing.blocks import stack
from grokterm.tui.drawing.cells import Cells
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

OUT: Final = {False: "×", True: "x"}
"""The mark of a part that is taken out, and in ASCII."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something that can be taken out."""

    name: str
    size: float
    """Height of its column, 0 upwards; the largest fills its row."""
    out: bool
    key: bool = False
    """Whether it stands out."""


def draw_parts(parts: Sequence[Part], cursor: int, width: int, graph: Graph, palette: Palette) -> list[Strip]:
    """Two strips of `width` cells: columns, and names; as many as fit, those around the cursor."""
    cells = Cells(width, 2)
    wide = max((len(part.name) for part in parts), default=1) + 2
    count = max(1, width // wide)
    first = min(max(cursor - count // 2, 0), max(len(parts) - count, 0))
    sizes = np.array([part.size for part in parts])
    top = float(np.nan_to_num(sizes, nan=0.0, posinf=0.0).max(initial=0.0)) or 1.0
    ascii_only = graph == "ascii"
    for place, part in enumerate(parts[first : first + count]):
        x, here = place * wide, first + place == cursor
        color = "wrong" if part.out else "key" if part.key else "muted" if part.size <= 0 else "text"
        style = palette.style(color) + Style(bold=part.key or part.out)
        [column] = stack(np.full(wide - 2, part.size / top), 1, graph)
        cells.put(x + 1, 0, column, palette.style("wrong" if part.out else "key" if part.key else "bar"))
        mark = OUT[ascii_only] if part.out else "*" if part.key and palette.depth != "truecolor" else " "
        cells.put(x, 1, mark + part.name.center(wide - 2), style + Style(reverse=here))
    return cells.strips()
