"""A table with a line a run; columns that find no room beside the others go on below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby, takewhile
from typing import Final

from rich.style import Style
from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.theme import Palette

_GAP: Final = 2
_PLAIN: Final = str.maketrans("├└│─", "|`|-")
_LEAST_NAME: Final = 8
_BOLD: Final = Style(bold=True)


@dataclass(frozen=True, slots=True)
class Row:
    """The head of a line: what stands before the name, a letter, the name, and its colour."""

    stem: str
    letter: str
    name: str
    color: str

    @property
    def length(self) -> int:
        """Cells that it takes."""
        return len(self.stem) + len(self.letter) + 1 + len(self.name)


@dataclass(frozen=True, slots=True)
class Column:
    """A column: the heading over it and its neighbours, its own, and its texts, one a row."""

    group: str
    title: str
    texts: tuple[str, ...]
    right: bool = True
    least: int = 0
    """Cells that it takes at least."""

    @property
    def length(self) -> int:
        """Cells that it takes."""
        return max(self.least, *(len(text) for text in (self.title, *self.texts)))


def draw_sheet(
    rows: Sequence[Row], columns: Sequence[Column], width: int, height: int, first: int, palette: Palette
) -> tuple[list[Strip], int]:
    """The table from its line `first` on as `height` strips of `width` cells, and how many lines it has in all."""
    name = max((row.length for row in rows), default=0)
    name = max(min(name, width // 3), min(_LEAST_NAME, width))
    blocks = _blocks(_widened(columns), width - name)
    tall = len(rows) + 3
    whole = Cells(width, max(len(blocks) * tall - 1, 0))
    for number, block in enumerate(blocks):
        _draw_block(whole, number * tall, rows, block, name, palette)
    first = min(first, max(whole.height - height, 0))
    strips = whole.strips()[first : first + height]
    return strips + Cells(width, height - len(strips)).strips(), whole.height


def plain_stem(stem: str) -> str:
    """What stands before a name in a tree, in ascii."""
    return stem.translate(_PLAIN)


def _widened(columns: Sequence[Column]) -> list[Column]:
    """The columns, the last one below a heading widened where that has no room over them."""
    found: list[Column] = []
    for group, below in groupby(columns, key=lambda column: column.group):
        *others, last = below
        room = sum(_GAP + column.length for column in others)
        found += [*others, replace(last, least=len(group) - room)]
    return found


def _blocks(columns: Sequence[Column], room: int) -> list[list[Column]]:
    """The columns in portions that fit into `room` cells, one column at least in each."""
    blocks: list[list[Column]] = []
    left = 0
    for column in columns:
        need = _GAP + column.length
        if not blocks or need > left:
            blocks.append([])
            left = room
        blocks[-1].append(column)
        left -= need
    return blocks


def _draw_block(
    cells: Cells, top: int, rows: Sequence[Row], columns: Sequence[Column], name: int, palette: Palette
) -> None:
    """Two lines of headings and a line a run."""
    muted, text = palette.style("muted"), palette.style("text")
    x, group = name, ""
    for number, column in enumerate(columns):
        x += _GAP
        if column.group != group:
            group = column.group
            cells.put(x, top, _cut(group, _room_of(columns[number:])), muted)
        cells.put(x + _shift(column, column.title), top + 1, column.title, text + _BOLD)
        for y, said in enumerate(column.texts, start=top + 2):
            cells.put(x + _shift(column, said), y, said, text)
        x += column.length
    for y, row in enumerate(rows, start=top + 2):
        cells.put(0, y, row.stem, muted)
        head = f"{row.letter} {row.name}"
        cells.put(len(row.stem), y, _cut(head, max(name - len(row.stem), 1)), palette.style(row.color))


def _room_of(columns: Sequence[Column]) -> int:
    """Cells over the first of some columns and those after it with the same heading."""
    same = list(takewhile(lambda column: column.group == columns[0].group, columns))
    return sum(column.length for column in same) + _GAP * (len(same) - 1)


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1] + "…"


def _shift(column: Column, text: str) -> int:
    return column.length - len(text) if column.right else 0
