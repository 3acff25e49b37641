"""The phase diagram: a tile for every pair of values of two axes, their values beside it, and a legend below."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rich.style import Style
from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.sweep.legend import draw_legend, legend_height
from grokterm.tui.sweep.looks import Coloring, Look, look_of, mark_of
from grokterm.tui.sweep.tiles import Tiles
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

_WIDEST: Final = 17
"""Cells of a tile at most."""
_HIGHEST: Final = 5
_SQUARE: Final = 7
"""How many times as wide as high, in cells, a tile may be."""
_LABEL: Final = 9
"""Cells that the values of an axis always have room for."""
_LABELS: Final = 4
"""The values beside the tiles take one part in so many of the width at most, where that is more."""
_AROUND_WORDS: Final = 3
"""Cells of a tile that words leave free: one at each side, and one for its mark."""
_MARK_FROM: Final = 3
_BOLD: Final = Style(bold=True)


@dataclass(frozen=True, slots=True)
class AxisShown:
    """An axis of the diagram: its name, its values as they are written, and whether they rise upwards."""

    name: str
    labels: tuple[str, ...]
    rises: bool = True


@dataclass(frozen=True, slots=True)
class Frame:
    """Where tiles lie: the part of the diagram that is seen, and the size of a tile."""

    left: int
    wide: int
    high: int
    first: tuple[int, int]
    """The first column and row that are seen."""
    columns: int
    rows: int
    rises: bool
    legend: int
    """Lines of the legend."""

    def line(self, row: int) -> int:
        """The uppermost line of a row of tiles."""
        at = row - self.first[1]
        return (self.rows - 1 - at if self.rises else at) * self.high

    def column(self, column: int) -> int:
        """The leftmost cell of a column of tiles."""
        return self.left + (column - self.first[0]) * self.wide

    def tile_at(self, x: int, y: int) -> tuple[int, int] | None:
        """The column and row of the tile on a cell of the screen."""
        column, line = (x - self.left) // self.wide, y // self.high
        if not (x >= self.left and column < self.columns and 0 <= line < self.rows):
            return None
        return column + self.first[0], (self.rows - 1 - line if self.rises else line) + self.first[1]


def frame_of(x: AxisShown, y: AxisShown | None, cursor: tuple[int, int], width: int, height: int) -> Frame:
    """Where tiles lie in `width` × `height` cells; the part around the cursor where not all have room."""
    columns, rows = len(x.labels), len(y.labels) if y else 1
    longest = max((len(label) for label in (*y.labels, y.name)), default=0) if y else 0
    left = min(longest, max(_LABEL, width // _LABELS)) + 2 if y and width >= 20 else 0
    legend = legend_height(width, height)
    below = legend + (height >= 4)
    across, down = max(width - left, 1), max(height - below, 1)
    high = max(1, min(down // rows, _HIGHEST))
    wide = max(1, min(across // columns, _WIDEST))
    wide, high = min(wide, _SQUARE * high + 4), min(high, max(1, (wide + 1) // 2))
    seen, lines = min(columns, across // wide), min(rows, down // high)
    first = (_window(cursor[0], seen, columns), _window(cursor[1], lines, rows))
    return Frame(left, wide, high, first, seen, lines, y.rises if y else True, legend)


def draw_diagram(
    tiles: Tiles,
    x: AxisShown,
    y: AxisShown | None,
    coloring: Coloring,
    cursor: tuple[int, int],
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
) -> list[Strip]:
    """The diagram as `height` strips of `width` cells, with a cursor on the tile of a column and a row."""
    cells = Cells(width, height)
    if width < 1 or height < 1:
        return cells.strips()
    frame = frame_of(x, y, cursor, width, height)
    shown = {
        (column, row): tiles.at(column, row)
        for row in range(frame.first[1], frame.first[1] + frame.rows)
        for column in range(frame.first[0], frame.first[0] + frame.columns)
    }
    looks = {place: look_of(tile, coloring, graph, palette) for place, tile in shown.items()}
    in_words = max((len(look.words) for look in looks.values()), default=0) <= frame.wide - _AROUND_WORDS
    for place, look in looks.items():
        _draw_tile(cells, frame, place, look, mark_of(shown[place], graph), in_words, palette)
    _mark_cursor(cells, frame, cursor, graph, palette)
    if y is not None and frame.left:
        _beside(cells, frame, y, cursor[1], palette)
    bottom = frame.rows * frame.high
    if height - frame.legend > bottom:
        _below(cells, frame, bottom, x, cursor[0], palette)
    if frame.legend:
        apart = height - frame.legend > bottom + 1
        draw_legend(cells, bottom + 1 + apart, frame.legend, coloring, graph, palette)
    return cells.strips()


def _window(cursor: int, seen: int, count: int) -> int:
    return min(max(cursor - seen // 2, 0), max(count - seen, 0))


def _draw_tile(
    cells: Cells, frame: Frame, place: tuple[int, int], look: Look, mark: str, in_words: bool, palette: Palette
) -> None:
    """The ground of a tile, its letter or words in the middle, its mark in the upper right corner.

    Where colours are few, a shade is the ground, and a blank parts it from its neighbour.
    """
    left, top, wide = frame.column(place[0]), frame.line(place[1]), frame.wide
    apart = 2 * (palette.depth != "truecolor" and wide > _MARK_FROM + 1)
    for y in range(top, top + frame.high):
        cells.put(left, y, look.shade * (wide - apart), look.fill)
    text = look.words if in_words and look.words else look.letter
    text = f" {text} " if look.shade != " " and wide > len(text) + 2 else text
    cells.put(left + (wide - len(text)) // 2, top + (frame.high - 1) // 2, text, look.text)
    if mark and wide >= _MARK_FROM:
        cells.put(left + wide - 1 - apart // 2, top, mark, look.text)


def _mark_cursor(cells: Cells, frame: Frame, cursor: tuple[int, int], graph: Graph, palette: Palette) -> None:
    """Brackets around the tile where it has room for them, else its colours turned round."""
    left, top = frame.column(cursor[0]), frame.line(cursor[1])
    if not (0 <= top < cells.height and frame.left <= left < cells.width):
        return
    style = palette.style("cursor") + _BOLD
    if frame.wide < 3:
        for y in range(top, top + frame.high):
            for x in range(left, left + frame.wide):
                cells.styles[y][x] = cells.styles[y][x] + Style(reverse=True, bold=True)
        return
    right = left + frame.wide - 1
    for at in range(frame.high):
        opening, closing = _brackets(at, frame.high, graph)
        for x, glyph in ((left, opening), (right, closing)):
            if top + at < cells.height:
                cells.glyphs[top + at][x] = glyph
                cells.styles[top + at][x] = cells.styles[top + at][x] + style


def _brackets(at: int, high: int, graph: Graph) -> tuple[str, str]:
    if high == 1 or graph == "ascii":
        return "[", "]"
    if at == 0:
        return "┏", "┓"
    return ("┗", "┛") if at == high - 1 else ("┃", "┃")


def _beside(cells: Cells, frame: Frame, axis: AxisShown, present: int, palette: Palette) -> None:
    """The values of the y axis, that of the cursor lit."""
    room = frame.left - 2
    for row in range(frame.first[1], frame.first[1] + frame.rows):
        style = palette.style("accent") + _BOLD if row == present else palette.style("muted")
        text = _cut(axis.labels[row], room).rjust(room)
        cells.put(0, frame.line(row) + (frame.high - 1) // 2, text, style)
    cells.put(0, frame.rows * frame.high, _cut(axis.name, room).rjust(room), palette.style("text"))


def _below(cells: Cells, frame: Frame, y: int, axis: AxisShown, present: int, palette: Palette) -> None:
    """The values of the x axis below their columns, none touching another, and its name; that of the cursor lit."""
    end = frame.left + frame.columns * frame.wide
    shown = range(frame.first[0], frame.first[0] + frame.columns)
    order = [present, *(column for column in _spaced(shown, axis.labels, frame.wide) if column != present)]
    for column in order:
        text = _cut(axis.labels[column], _label_room(frame.wide))
        start = frame.column(column) + (frame.wide - len(text) + 1) // 2
        start = max(frame.left, min(start, max(end, cells.width) - len(text)))
        style = palette.style("accent") + _BOLD if column == present else palette.style("muted")
        if cells.free(max(start - 1, 0), y, min(len(text) + 2, cells.width - max(start - 1, 0))):
            cells.put(start, y, text, style)
    taken = max((x for x in range(cells.width) if cells.glyphs[y][x] != " "), default=0)
    if taken + 3 + len(axis.name) <= cells.width:
        cells.put(taken + 3, y, axis.name, palette.style("text"))


def _spaced(columns: range, labels: Sequence[str], wide: int) -> range:
    """Every so many columns, so that the labels of neighbours do not touch."""
    longest = min(max((len(labels[column]) for column in columns), default=1), _label_room(wide))
    return columns[:: max(1, -(-(longest + 1) // wide))]


def _label_room(wide: int) -> int:
    """Cells of a value below a column of tiles at most."""
    return max(_LABEL, wide - 1)


def _cut(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(room - 1, 0)] + "…"
