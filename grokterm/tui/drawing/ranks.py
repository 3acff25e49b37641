"""Bars that lie on their sides, each with its name before it and words behind it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

_EIGHTHS: Final = ("", "▏", "▎", "▍", "▌", "▋", "▊", "▉")
_PARTS: Final = ("█", "▒")
_ASCII_PARTS: Final = ("#", "-")
_LINES: Final = ("━", "─")
_ASCII_LINES: Final = ("=", "-")


@dataclass(frozen=True, slots=True)
class Rank:
    """One bar: its name, the lengths of its parts with the palette's meanings, and words behind it."""

    name: str
    parts: tuple[tuple[float, str], ...]
    words: str = ""
    color: str = "text"
    """The palette's meaning of the name."""


def draw_ranks(
    cells: Cells,
    ranks: Sequence[Rank],
    top: float,
    left: int,
    y: int,
    width: int,
    graph: Graph,
    palette: Palette,
    *,
    pitch: int = 1,
) -> None:
    """Bars from (left, y) on, one every `pitch` lines, the longest of which stands for `top`.

    Bars in neighbouring lines are thin, so that they stay apart.
    """
    if not ranks:
        return
    names, behind = max(len(rank.name) for rank in ranks), max(len(rank.words) for rank in ranks)
    room = width - names - behind - 2
    for number, rank in enumerate(ranks):
        line = y + number * pitch
        cells.put(left + names - len(rank.name), line, rank.name, palette.style(rank.color))
        if room >= 3:
            draw_bar(cells, rank.parts, top, left + names + 1, line, room, graph, palette, thin=pitch == 1)
        cells.put(left + width - len(rank.words), line, rank.words, palette.style("muted"))


def draw_bar(
    cells: Cells,
    parts: Sequence[tuple[float, str]],
    top: float,
    left: int,
    y: int,
    width: int,
    graph: Graph,
    palette: Palette,
    *,
    thin: bool = False,
) -> None:
    """Parts one behind the other, each by its own shade, or as lines with `thin`.

    What is not finite has no length, and more than 0 shows.
    """
    at = 0.0
    for number, (value, color) in enumerate(parts):
        share = float(np.nan_to_num(value, nan=0.0, posinf=0.0, neginf=0.0)) / top if top > 0 else 0.0
        share = min(max(share, 0.0), 1.0 - at)
        first, last = round(at * width), round((at + share) * width)
        fraction = round(8 * ((at + share) * width - int((at + share) * width)))
        shades = _ASCII_PARTS if graph == "ascii" else _PARTS
        text = shades[min(number, 1)] * max(last - first, 1 if share > 0 else 0)
        if thin:
            text = (_ASCII_LINES if graph == "ascii" else _LINES)[min(number, 1)] * len(text)
        elif graph != "ascii" and number == len(parts) - 1 == 0 and share > 0:
            text = "█" * int(share * width) + _EIGHTHS[fraction % 8]
            text = text or _EIGHTHS[1]
        cells.put(left + min(first, width - len(text)), y, text, palette.style(color))
        at += share
