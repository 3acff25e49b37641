"""Fourier bars: one for each frequency k = 1 …, key frequencies lit and named."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from textual.strip import Strip

from grokterm.tui.drawing.blocks import stack
from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.scales import Floats
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

WIDEST = 12
"""Cells from one bar to the next, at most."""
_ABOVE_MEDIAN = 3
"""The full height is at least this many medians, so that a spectrum without peaks stays low."""


def draw_bars(
    norms: Floats,
    keys: Sequence[int],
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
    top: float | None = None,
    names: Sequence[str] = (),
) -> list[Strip]:
    """Norms of k = 1 … n as bars; `keys` are frequencies, most important first.

    Where there are more bars than columns, a column shows the largest of its bars. The last row names the keys. `top`
    is the norm that fills the height, where that is not `full_height`. Bars with `names` all have theirs under them.
    """
    cells = Cells(width, height)
    put_bars(cells, 0, norms, keys, graph, palette, top=top, names=names)
    return cells.strips()


def put_bars(
    cells: Cells,
    start: int,
    norms: Floats,
    keys: Sequence[int],
    graph: Graph,
    palette: Palette,
    widest: int = WIDEST,
    centred: bool = True,
    top: float | None = None,
    names: Sequence[str] = (),
) -> None:
    """Draws the bars on all cells from column `start` on, at most `widest` cells from one to the next.

    `top` is the norm that fills the height, where that is not `full_height`; `names` are those of all bars.
    """
    width, height = cells.width - start, cells.height
    if not norms.size or width < 1 or height < 1:
        return
    columns, pitch, margin = layout(norms.size, width, widest)
    left = start + margin * centred
    owner = np.arange(norms.size) * columns // norms.size
    tallest = np.zeros(columns)
    np.maximum.at(tallest, owner, np.where(np.isfinite(norms), norms, 0.0))
    lit = {int(owner[k - 1]) for k in keys if 1 <= k <= norms.size}
    rows = height - 1 if height > 1 else 1
    top = full_height(norms) if top is None else top
    bar = max(pitch - 1, 1)
    rest, key = palette.style("bar"), palette.style("key")
    for y, text in enumerate(stack(tallest / top if top > 0 else tallest, rows, graph)):
        for column, glyph in enumerate(text):
            if glyph != " ":
                cells.put(left + column * pitch, y, glyph * bar, key if column in lit else rest)
    if height > 1:
        named = [*keys, *(k for k in range(1, len(names) + 1) if k not in keys)]
        places = [(left + int(owner[k - 1]) * pitch, bar, k) for k in named if 1 <= k <= norms.size]
        _names(cells, places, names, keys, palette)
        if not names:
            _ends(cells, left, (columns - 1) * pitch + bar, norms.size, palette)


def full_height(norms: Floats) -> float:
    """The norm that fills the whole height; 0 where all are."""
    finite = np.where(np.isfinite(norms), norms, 0.0)
    return max(float(finite.max()), _ABOVE_MEDIAN * float(np.median(finite))) if finite.size else 0.0


def layout(count: int, width: int, widest: int = WIDEST) -> tuple[int, int, int]:
    """Columns, cells from one to the next and cells left of the first, for `count` bars in `width` cells."""
    columns = min(count, width)
    pitch = min(max(width // columns, 1), widest)
    return columns, pitch, max((width - columns * pitch + (pitch > 1)) // 2, 0)


def _names(
    cells: Cells, places: Sequence[tuple[int, int, int]], names: Sequence[str], keys: Sequence[int], palette: Palette
) -> None:
    """Writes names, or numbers, under bars, the most important first, none touching another."""
    for x, bar, k in places:
        text = names[k - 1] if names else str(k)
        start = min(max(x + (bar - len(text)) // 2, 0), cells.width - len(text))
        before = max(start - 1, 0)
        if start >= 0 and cells.free(
            before, cells.height - 1, min(len(text) + 1 + start - before, cells.width - before)
        ):
            cells.put(start, cells.height - 1, text, palette.style("key" if k in keys else "muted"))


def _ends(cells: Cells, left: int, wide: int, count: int, palette: Palette) -> None:
    """Names the first and the last frequency where no key stands."""
    last, y = str(count), cells.height - 1
    end = min(left + wide, cells.width) - len(last)
    for start, text in ((left, "k 1"), (left, "1"), (end, last)):
        before = max(start - 2, 0)
        if cells.free(before, y, min(start - before + len(text) + 2, cells.width - before)):
            cells.put(start, y, text, palette.style("muted"))
