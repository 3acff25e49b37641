"""The p × p table: codes of points, drawn in half-blocks or, with few colours, in glyphs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Final

import numpy as np
from rich.color import Color
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.lattice import Lattice
from grokterm.tui.drawing.states import BLANK, COLORS, CURSOR, MIXED, QUARTERS, Codes, reduce
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

if TYPE_CHECKING:
    import numpy.typing as npt

_CODES: Final = 32
"""More than there are codes: a half-block cell is upper · _CODES + lower."""
GLYPHS: Final = " █X·▒x, "
ASCII_GLYPHS: Final = " #X.+x, "
"""A glyph a code where colours are few."""


def in_half_blocks(graph: Graph, palette: Palette) -> bool:
    """Whether colours suffice to tell the codes apart, so that a cell can hold two points."""
    return graph != "ascii" and palette.depth == "truecolor"


def points_of(codes: Codes, lattice: Lattice) -> Codes:
    """The codes of the lattice's points, [rows, columns], from those of all pairs [p, p] indexed [a, b]."""
    if lattice.reduced:
        return reduce(codes, lattice.starts(0), lattice.starts(1), blend=lattice.half).T
    (a, b), (across, down) = lattice.origin, lattice.scale
    window = codes[a : a + lattice.columns // across, b : b + lattice.rows // down]
    return np.repeat(np.repeat(window.T, across, axis=1), down, axis=0)


def draw_table(
    points: Codes,
    lattice: Lattice,
    cursor: tuple[int, int] | None,
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
) -> list[Strip]:
    """A picture [rows, columns] with axes and the cursor, as `height` strips of `width` cells."""
    if lattice.half:
        rows = _half_blocks(_with_cursor(points, lattice, cursor), palette)
    else:
        rows = _glyphs(points, lattice, cursor, graph, palette)
    edge = Cells(width, 1)
    _axis_a(edge, lattice, cursor, graph, palette)
    left, rest = lattice.left, [Segment(" " * max(width - lattice.left - lattice.columns, 0))]
    strips = edge.strips() * lattice.top
    labels = _axis_b(lattice, cursor, graph, palette)
    for label, row in zip(labels, rows, strict=True):
        strips.append(Strip([*([label] if left else []), *row, *(rest if rest[0].text else [])]).crop(0, width))
    blank = Strip.blank(width)
    return [*strips[:height], *[blank] * (height - len(strips))]


def _with_cursor(points: Codes, lattice: Lattice, cursor: tuple[int, int] | None) -> Codes:
    """The points with the cursor's marked; where a pair takes three or more, only around its edge."""
    at = lattice.point(cursor) if cursor else None
    if at is None:
        return points
    (column, row), (across, down) = at, lattice.scale
    points = points.copy()
    inside = points[row + 1 : row + down - 1, column + 1 : column + across - 1].copy()
    points[row : row + down, column : column + across] = CURSOR
    points[row + 1 : row + down - 1, column + 1 : column + across - 1] = inside
    return points


def _half_blocks(points: Codes, palette: Palette) -> list[list[Segment]]:
    if points.shape[0] % 2:
        points = np.vstack([points, np.full((1, points.shape[1]), BLANK, np.uint8)])
    cells = points[::2].astype(np.int32) * _CODES + points[1::2]
    return [_runs(row, palette) for row in cells]


def _runs(row: npt.NDArray[np.int32], palette: Palette) -> list[Segment]:
    starts = np.flatnonzero(np.r_[True, row[1:] != row[:-1]])
    lengths = np.diff(np.r_[starts, row.size]).tolist()
    looks = _looks(palette)
    segments = []
    for kind, length in zip(row[starts].tolist(), lengths, strict=True):
        if kind not in looks:
            looks[kind] = half_block(kind // _CODES, kind % _CODES, palette)
        glyph, style = looks[kind]
        segments.append(Segment(glyph * length, style))
    return segments


@lru_cache(maxsize=8)
def _looks(palette: Palette) -> dict[int, tuple[str, Style]]:
    """The glyph and style of each kind of cell met so far."""
    return {}


def half_block(upper: int, lower: int, palette: Palette) -> tuple[str, Style]:
    """The glyph and style of a cell with one code above another; a blank point shows what lies behind."""
    above, below = color(upper, palette), color(lower, palette)
    if above == below:
        return " ", Style(bgcolor=above)
    if above is None:
        return "▄", Style(color=below)
    return "▀", Style(color=above, bgcolor=below)


def color(code: int, palette: Palette) -> Color | None:
    """The colour of a code, None for a blank point; a mixture is blended from right, wrong and unsure."""
    if code < MIXED:
        return palette.style(COLORS[code]).color if COLORS[code] else None
    right, wrong = QUARTERS[code - MIXED]
    parts = [(name, n) for name, n in (("correct", right), ("wrong", wrong), ("unsure", 4 - right - wrong)) if n]
    triplets = [(palette.style(name).color or Color.default()).get_truecolor() for name, _ in parts]
    sums = (sum(t[i] * n for t, (_, n) in zip(triplets, parts, strict=True)) for i in range(3))
    return Color.from_rgb(*(round(total / 4) for total in sums))


def _glyphs(
    points: Codes, lattice: Lattice, cursor: tuple[int, int] | None, graph: Graph, palette: Palette
) -> list[list[Segment]]:
    glyphs = ASCII_GLYPHS if graph == "ascii" else GLYPHS
    styles = [palette.style(name) if name else Style() for name in COLORS]
    at = lattice.point(cursor) if cursor else None
    rows = []
    for y, row in enumerate(points.tolist()):
        inside = at is not None and at[1] <= y < at[1] + lattice.scale[1]
        marked = range(at[0], at[0] + lattice.scale[0]) if at is not None and inside else range(0)
        cells = [(glyphs[code], styles[code], x in marked) for x, code in enumerate(row)]
        rows.append(_merged(cells))
    return rows


def _merged(cells: list[tuple[str, Style, bool]]) -> list[Segment]:
    segments: list[Segment] = []
    start = 0
    for at in range(1, len(cells) + 1):
        if at == len(cells) or cells[at][1:] != cells[start][1:]:
            _, style, marked = cells[start]
            text = "".join(glyph for glyph, _, _ in cells[start:at])
            segments.append(Segment(text, style + Style(reverse=True, bold=True) if marked else style))
            start = at
    return segments


def _axis_a(edge: Cells, lattice: Lattice, cursor: tuple[int, int] | None, graph: Graph, palette: Palette) -> None:
    """The line above the table: a, its first and last value, and where the cursor stands."""
    at = lattice.cell(cursor) if cursor else None
    pointer = at[0] + (lattice.scale[0] - 1) // 2 if at is not None else -2
    first, last = f"a {lattice.origin[0]}", str(_last(lattice, 0))
    end = lattice.left + lattice.columns
    for start, text in ((lattice.left, first), (end - len(last), last)):
        if lattice.columns >= len(first) + len(last) + 2 and not start - 1 <= pointer <= start + len(text):
            edge.put(start, 0, text, palette.style("muted"))
    edge.put(pointer, 0, "v" if graph == "ascii" else "▾", palette.style("accent"))


def _axis_b(lattice: Lattice, cursor: tuple[int, int] | None, graph: Graph, palette: Palette) -> list[Segment]:
    """What stands left of each row of the table: b, its first and last value, and where the cursor stands."""
    style, lit = palette.style("muted"), palette.style("accent")
    width, height = lattice.left, lattice.height
    texts = [(" " * width, style)] * height
    if width >= 2 and height >= 3:
        texts[0] = (str(lattice.origin[1]).rjust(width - 1) + " ", style)
        texts[1] = ("b".rjust(width - 1) + " ", style)
        texts[-1] = (str(_last(lattice, 1)).rjust(width - 1) + " ", style)
    at = lattice.cell(cursor) if cursor else None
    if at is not None and width:
        y = at[1] - lattice.top + (lattice.scale[1] - 1) // (2 * (1 + lattice.half))
        texts[y] = (texts[y][0][:-1] + (">" if graph == "ascii" else "▸"), lit)
    return [Segment(text, style) for text, style in texts]


def _last(lattice: Lattice, axis: int) -> int:
    if lattice.reduction[axis] > 1:
        return lattice.p - 1
    return lattice.origin[axis] + (lattice.columns, lattice.rows)[axis] // lattice.scale[axis] - 1
