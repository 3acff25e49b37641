"""What happened, newest first: the step at the left, words wrapped at its right."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from textual.strip import Strip

from grokterm.tui.drawing.cells import PLAIN, narrow, row
from grokterm.tui.theme import Palette

_UNBROKEN = "\u00a0%"
_ROOM = 8
"""Cells for words from which they are wrapped beside their step; below, each is one line."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One thing that happened: its step, words and the palette's meaning that colours it."""

    step: int
    words: str
    color: str


def draw_happenings(
    happenings: Sequence[Happening], width: int, height: int, first: int, palette: Palette
) -> tuple[list[Strip], int]:
    """`height` strips of `width` cells from line `first` on, and the number of all lines."""
    column = max((len(f"{h.step:,}") for h in happenings), default=0) + 1
    room = width - column - 2
    lines: list[Strip] = []
    for h in happenings:
        wide = room >= _ROOM
        number = f"{h.step:,}".rjust(column) + "  " if wide else f"{h.step:,} "
        text = narrow(h.words).replace(" %", _UNBROKEN)
        for at, words in enumerate((textwrap.wrap(text, room) or [""]) if wide else [text]):
            head = number if at == 0 else " " * len(number)
            parts = [(head, palette.style("muted")), (words.replace(_UNBROKEN, " %"), palette.style(h.color))]
            lines.append(row(parts, width))
    shown = lines[first : first + height]
    blank = row([("", PLAIN)], width)
    return [*shown, *[blank] * (height - len(shown))], len(lines)
