"""The table of a model beside that of its ghost, each under its numbers."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
from rich.style import Style
from textual.strip import Strip

from grokterm.number_format import number, percent
from grokterm.tui.drawing.cells import Cells, row
from grokterm.tui.drawing.lattice import whole
from grokterm.tui.drawing.states import (
    COLORS,
    RIGHT,
    RIGHT_TRAINED,
    UNSURE,
    UNSURE_TRAINED,
    WRONG,
    WRONG_TRAINED,
    Codes,
)
from grokterm.tui.drawing.table import ASCII_GLYPHS, GLYPHS, draw_table, in_half_blocks, points_of
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

HEAD: Final = 3
"""Lines over a table: what it is of, and its numbers for train and test pairs."""
_BOTH_FROM: Final = 30
"""Cells of width from which there is room for both; below, there is only the ghost."""
_BETWEEN: Final = 3
_SETS: Final = (("test", (RIGHT, WRONG, UNSURE)), ("train", (RIGHT_TRAINED, WRONG_TRAINED, UNSURE_TRAINED)))


def draw_ghost(
    states: Codes,
    scores: npt.NDArray[Any],
    titles: tuple[str, str],
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
) -> list[Strip]:
    """`height` strips of `width` cells: the intact model at the left, its ghost at the right, under their titles.

    states uint8 [2, p, p] are codes of `states`; scores [2, 4] train loss, test loss, train and test accuracy.
    """
    half = (width - _BETWEEN) // 2
    gap, sides = Strip.blank(width - 2 * half), []
    for side, room in ((0, half), (1, half)) if width >= _BOTH_FROM else ((1, width),):
        head = _numbers(scores, side, titles[side], room, palette)
        table = _table(states[side], room, height - HEAD, graph, palette)
        sides.append([*head, *table][:height])
    if len(sides) == 1:
        return sides[0]
    return [Strip.join([a, gap, b]) for a, b in zip(*sides, strict=True)]


def draw_states(width: int, graph: Graph, palette: Palette) -> Strip:
    """One strip that says what the colours of the tables mean."""
    cells, x = Cells(width, 1), 0
    glyphs, muted = ASCII_GLYPHS if graph == "ascii" else GLYPHS, palette.style("muted")
    for name, codes in _SETS:
        cells.put(x, 0, name, muted)
        x += len(name) + 1
        for code, word in zip(codes, ("right", "wrong", "unsure"), strict=True):
            swatch = "██" if in_half_blocks(graph, palette) else glyphs[code] * 2
            cells.put(x, 0, swatch, palette.style(COLORS[code]))
            cells.put(x + 3, 0, word, muted)
            x += len(word) + 4
        x += 1
    return cells.strips()[0]


def _table(codes: Codes, width: int, height: int, graph: Graph, palette: Palette) -> list[Strip]:
    """A table of codes [p, p] as large as it fits."""
    if height < 1 or width < 1:
        return []
    lattice = whole(codes.shape[0], width, height, in_half_blocks(graph, palette))
    return draw_table(points_of(codes, lattice), lattice, None, width, height, graph, palette)


def _numbers(scores: npt.NDArray[Any], side: int, title: str, width: int, palette: Palette) -> list[Strip]:
    """A title, and accuracy and loss on train and test pairs; for a ghost, what that is beside the intact model."""
    lines = [row([(title, palette.style("accent" if side else "text") + Style(bold=True))], width)]
    for at, name in enumerate(("train", "test")):
        (was_loss, was), (loss, accuracy) = ((float(scores[of, at]), float(scores[of, at + 2])) for of in (0, side))
        style = palette.style(name)
        parts = [(f"{name:<6}", style), (f"{_share(accuracy):>8}", style + Style(bold=True))]
        if side:
            parts.append((_difference(100 * (accuracy - was)), palette.style(_merit(accuracy - was))))
        parts += [("  loss ", palette.style("muted")), (_loss(loss), palette.style("text"))]
        times = f"  × {_times(loss, was_loss)}"
        if side and sum(len(text) for text, _ in parts) + len(times) <= width:
            parts.append((times, palette.style(_merit(was_loss - loss))))
        lines.append(row(parts, width))
    return lines


def _share(accuracy: float) -> str:
    return percent(accuracy) if np.isfinite(accuracy) else "?"


def _difference(points: float) -> str:
    return f" {points:+6.1f}".replace("-", "−")


def _merit(gain: float) -> str:
    """The palette's meaning of a gain, a loss, or next to no difference."""
    return "muted" if not np.isfinite(gain) or abs(gain) < 1e-9 else "correct" if gain > 0 else "wrong"


def _loss(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) else "?"


def _times(loss: float, was: float) -> str:
    """How many times a loss is another one."""
    return number(loss / was) if np.isfinite(loss) and np.isfinite(was) and was > 0 else "?"
