"""The drawing of a sweep's table: headings, and as many lines as there is room for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.style import Style
from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.sweep.fields import Entry, Field, Key
from grokterm.tui.sweep.looks import PHASE_COLORS, STANDINGS
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

_GAP: Final = 2
_LEFT: Final = 2
"""Cells left of the columns: whether a line is the baseline."""
_BOLD: Final = Style(bold=True)
BASELINE: Final = {False: "◆", True: "*"}
ORDERS: Final = {(False, False): "↑", (True, False): "↓", (False, True): "^", (True, True): "v"}
"""How the lines are sorted, by whether they fall, and whether in ascii."""


def draw_sheet_of(
    lines: Sequence[Entry],
    fields: Sequence[Field],
    first: int,
    present: Key | None,
    baseline: Key | None,
    sorted_by: int,
    falling: bool,
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
) -> list[Strip]:
    """Lines from `first` on as `height` strips of `width` cells; columns that find no room are left out."""
    cells = Cells(width, height)
    shown = lines[first : first + max(height - 1, 0)]
    muted, text, x = palette.style("muted"), palette.style("text"), _LEFT
    ascii_only = graph == "ascii"
    for number, room in enumerate(columns_seen(shown, fields, sorted_by, width)):
        field = fields[number]
        texts = [field.text(entry) for entry in shown]
        order = ORDERS[falling, ascii_only] if number == sorted_by else ""
        title = field.title + order
        head = palette.style("accent") if order else muted
        cells.put(x + (room - len(title) if field.right else 0), 0, title, head + _BOLD)
        for y, (entry, said) in enumerate(zip(shown, texts, strict=True), start=1):
            style = palette.style(_color(entry)) if field.title == "phase" else text
            cells.put(x + (room - len(said) if field.right else 0), y, said, style)
        x += room + _GAP
    for y, entry in enumerate(shown, start=1):
        if entry.key == baseline:
            cells.put(0, y, BASELINE[ascii_only], palette.style("accent") + _BOLD)
        if entry.key == present:
            cells.styles[y] = [text + Style(reverse=True)] * width
    return cells.strips()


def columns_seen(lines: Sequence[Entry], fields: Sequence[Field], sorted_by: int, width: int) -> list[int]:
    """How wide each column is that finds room beside those before it; the first always does."""
    rooms: list[int] = []
    x = _LEFT
    for number, field in enumerate(fields):
        heading = len(field.title) + (number == sorted_by)
        room = max(field.least, heading, *(len(field.text(entry)) for entry in lines)) if lines else field.least
        if x + room > width and number:
            break
        rooms.append(room)
        x += room + _GAP
    return rooms


def _color(entry: Entry) -> str:
    """The colour of what stands as the phase of a line."""
    summary = entry.tile.summary
    if entry.tile.standing == "known" and summary is not None and summary.phase:
        return PHASE_COLORS[summary.phase]
    return STANDINGS[entry.tile.standing][2]
