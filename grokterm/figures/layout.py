"""From the parts of a view to a figure: what stands where, and how large the sheet is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from matplotlib.figure import Figure

from grokterm.drawn.parts import Arrangement, Bars, Chart, Clock, Group, Heat, Legend, Part, Plane, Table, Words
from grokterm.figures.charts import LEFT, BarsBlock, ChartBlock
from grokterm.figures.maps import MapBlock, alike
from grokterm.figures.planes import ClockBlock, PlaneBlock
from grokterm.figures.relief import ReliefBlock
from grokterm.figures.sheet import Block, Box, Key, Keys, Sheet, Title
from grokterm.figures.style import COLUMN, TEXT, TITLE, WIDE, Style, height_of, wrapped
from grokterm.figures.tables import TableBlock

_EDGE: Final = 0.04
_BETWEEN: Final = 0.09
_GAP: Final = 0.16
_IN_A_ROW: Final[dict[Arrangement, int]] = {
    "figures": 4,
    "figures wide": 3,
    "figures wide even": 3,
    "figures small": 8,
    "figures tiny": 8,
}
"""Parts side by side at most, in a figure across both columns."""
_PAIR: Final = 2
"""Parts that stand side by side in one column, if they share a scale."""


def lay_out(title: str, note: str, parts: Sequence[Part], style: Style) -> Figure:
    """The figure of a view, under its title, with a note such as the step at its right."""
    width = WIDE if _needs_both(parts) else COLUMN
    inside = width - 2 * _EDGE
    blocks: list[Block] = [_Head(title, note), *_blocks(parts)]
    heights = [block.height(inside) for block in blocks]
    sheet = Sheet(width, sum(heights) + (len(blocks) - 1) * _BETWEEN + 2 * _EDGE, style)
    top = _EDGE
    for block, height in zip(blocks, heights, strict=True):
        block.draw(sheet, Box(_EDGE, top, inside, height))
        top += height + _BETWEEN
    return sheet.figure


@dataclass(frozen=True, slots=True)
class _Head:
    """The title of a figure."""

    title: str
    note: str

    def height(self, width: float) -> float:
        return height_of(TITLE, len(wrapped(self.title, TITLE, width, bold=True)))

    def draw(self, sheet: Sheet, box: Box) -> None:
        sheet.lines(box, wrapped(self.title, TITLE, box.width, bold=True), TITLE, weight="bold")
        sheet.text(box.left + box.width, box.top, self.note, TEXT, "muted", ha="right")


@dataclass(frozen=True, slots=True)
class _Indented:
    """A legend that begins where the axes below it do."""

    keys: Keys

    def height(self, width: float) -> float:
        return self.keys.height(width - LEFT)

    def draw(self, sheet: Sheet, box: Box) -> None:
        self.keys.draw(sheet, box.inner(left=LEFT))


@dataclass(frozen=True, slots=True)
class _Row:
    """Blocks side by side, in cells of one width."""

    blocks: Sequence[Block]
    columns: int

    def height(self, width: float) -> float:
        return max(block.height(self._cell(width)) for block in self.blocks)

    def draw(self, sheet: Sheet, box: Box) -> None:
        cell = self._cell(box.width)
        for at, block in enumerate(self.blocks):
            block.draw(sheet, Box(box.left + at * (cell + _GAP), box.top, cell, box.height))

    def _cell(self, width: float) -> float:
        return (width - (self.columns - 1) * _GAP) / self.columns


def _needs_both(parts: Sequence[Part]) -> bool:
    """Whether it is as wide as both columns."""
    groups = [part for part in parts if isinstance(part, Group)]
    if any(part.arrangement in ("below", "charts") and _needs_both(part.parts) for part in groups):
        return True
    return any(
        len(part.parts) > _PAIR or (len(part.parts) == _PAIR and not _one_scale(part.parts))
        for part in groups
        if part.arrangement in _IN_A_ROW
    )


def _one_scale(parts: Sequence[Part]) -> bool:
    return MapBlock([part for part in parts if isinstance(part, Heat)]).shared


def _blocks(parts: Sequence[Part]) -> Iterator[Block]:
    indented = any(isinstance(part, (Chart, Bars)) for part in parts)
    for at, part in enumerate(parts):
        match part:
            case Group():
                yield from _grouped(part)
            case Legend():
                keys = Keys([Key(words, color) for color, words in part.keys])
                yield _Indented(keys) if indented else keys
            case Chart() if part.known:
                after = parts[at + 1] if at + 1 < len(parts) else None
                yield ChartBlock(part, not (isinstance(after, Chart) and after.known and _same_axis(part, after)))
            case Words(kind="title"):
                yield Title(part.words)
            case Chart() | Words():
                pass
            case _:
                yield _block(part)
                if isinstance(part, Heat) and part.relief:
                    yield ReliefBlock(part)


def _same_axis(chart: Chart, other: Chart) -> bool:
    return (chart.look.unit, chart.look.log_x, chart.look.linked) == (
        other.look.unit,
        other.look.log_x,
        other.look.linked,
    )


def _block(part: Bars | Heat | Plane | Clock | Table) -> Block:
    match part:
        case Bars():
            return BarsBlock(part)
        case Heat():
            return MapBlock([part])
        case Plane():
            return PlaneBlock(part)
        case Clock():
            return ClockBlock(part)
        case Table():
            return TableBlock(part)


def _grouped(group: Group) -> Iterator[Block]:
    """The parts of a group: maps that can share their axes as one block, all else in rows of cells."""
    if group.arrangement not in _IN_A_ROW:
        yield from _blocks(group.parts)
        return
    shown = [part for part in group.parts if not isinstance(part, (Words, Legend, Group, Chart))]
    columns = min(_IN_A_ROW[group.arrangement], max(len(shown), 1))
    maps = [part for part in shown if isinstance(part, Heat)]
    if len(maps) == len(shown) and maps and all(alike(maps[0], other) for other in maps[1:]):
        yield MapBlock(maps, columns)
        yield from (ReliefBlock(heat) for heat in maps if heat.relief)
        return
    blocks = [_block(part) for part in shown]
    for at in range(0, len(blocks), columns):
        yield _Row(blocks[at : at + columns], columns)


def has_drawing(parts: Sequence[Part]) -> bool:
    """Whether there is more to draw than words and legends."""
    for part in parts:
        if isinstance(part, Group):
            if has_drawing(part.parts):
                return True
        elif not isinstance(part, (Words, Legend)) and not (isinstance(part, Chart) and not part.known):
            return True
    return False
