"""Points in a plane: dots or names, with lines between them and axes through 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.dots import Dots
from grokterm.tui.drawing.scales import LARGEST, Floats, short
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

_ROOM_FOR_NAMES: Final = (4, 1)
"""Cells at each side, and above and below, that points with names leave free."""
_CELLS_A_BALL: Final = 6
"""Cells for each point, at least, where points are as large as a character."""
_MARKS_FROM: Final = (16, 5)
"""Width and height from which axes are named."""
_FAR: Final = 1e6
"""Cells beyond which nothing is looked for."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line through places of the plane, and the palette's meaning that colours it."""

    places: Floats
    """[n, 2]; broken where one is not finite."""
    color: str = "border"


@dataclass(frozen=True, slots=True)
class Plane:
    """The part of the plane that `width` × `height` cells show: its centre, and how much a cell is worth."""

    width: int
    height: int
    centre: tuple[float, float]
    unit: tuple[float, float]
    """What one cell is worth across and down."""

    def cells(self, places: Floats) -> Floats:
        """Places [n, 2] in cells from the upper left corner, x and y."""
        x = (places[:, 0] - self.centre[0]) / self.unit[0] + self.width / 2
        y = self.height / 2 - (places[:, 1] - self.centre[1]) / self.unit[1]
        return np.stack([x, y], -1)

    @property
    def ends(self) -> tuple[float, float]:
        """Where the plane ends at the right and above."""
        return self.centre[0] + self.unit[0] * self.width / 2, self.centre[1] + self.unit[1] * self.height / 2


def plane_of(places: Floats, width: int, height: int, *, reach: float | None, equal: bool, margin: bool) -> Plane:
    """The plane that holds all finite places; `reach` instead of the farthest of them."""
    known = places[np.isfinite(places).all(-1)]
    known = np.clip(known if len(known) else np.zeros((1, 2)), -LARGEST, LARGEST)
    across, down = ((size - 2 * free * margin) for size, free in zip((width, height), _ROOM_FOR_NAMES, strict=True))
    # The farthest places lie in the middle of the outermost cells.
    across, down = max(across - 1, 1), max(down - 1, 1)
    if equal:
        far = reach if reach else float(np.abs(known).max())
        # A cell is about twice as high as it is wide.
        unit = 2 * (far or 1.0) / min(across, 2 * down)
        return Plane(width, height, (0.0, 0.0), (unit, 2 * unit))
    low, high = known.min(0), known.max(0)
    span = np.where(high > low, high - low, 1.0)
    middle = (low + high) / 2
    return Plane(width, height, (float(middle[0]), float(middle[1])), (float(span[0]) / across, float(span[1]) / down))


def draw_scatter(
    places: Floats,
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
    *,
    names: Sequence[str] = (),
    colors: Sequence[str] = (),
    lines: Sequence[Line] = (),
    axes: tuple[str, str] = ("", ""),
    reach: float | None = None,
    equal: bool = True,
) -> list[Strip]:
    """Places [n, 2] as `height` strips of `width` cells, each with its name beside it where there is room.

    `colors` are the palette's meanings for each, `axes` what they are measured along. With `equal` 0 is the middle,
    both axes have one unit, and `reach` is how far they go; else what is there fills the room.
    """
    cells = Cells(width, height)
    if width < 1 or height < 1:
        return cells.strips()
    every = np.concatenate([places, *(line.places for line in lines)]) if lines else places
    plane = plane_of(every, width, height, reach=reach, equal=equal, margin=bool(names))
    for line in lines:
        layer = Dots(width, height, graph)
        layer.line(plane.cells(line.places))
        layer.paint(cells, 0, 0, palette.style(line.color))
    at = plane.cells(places)
    taken = _points(cells, at, colors or ("key",) * len(places), graph, palette)
    _names(cells, at, names, taken, palette)
    _axes(cells, plane, axes, graph, palette)
    return cells.strips()


def _points(cells: Cells, at: Floats, colors: Sequence[str], graph: Graph, palette: Palette) -> list[list[bool]]:
    """Draws points, and tells in which cells they lie."""
    taken = [[False] * cells.width for _ in range(cells.height)]
    ball = "o" if graph == "ascii" else "•"
    balls = graph == "ascii" or len(at) * _CELLS_A_BALL <= cells.width * cells.height
    for color in dict.fromkeys(colors):
        mine = at[[c == color for c in colors]]
        if not balls:
            layer = Dots(cells.width, cells.height, graph)
            layer.points(mine)
            layer.paint(cells, 0, 0, palette.style(color))
        # Comparing with NaN gives False.
        inside = ((mine >= 0) & (mine < (cells.width, cells.height))).all(-1)
        style = palette.style(color)
        for x, y in mine[inside].astype(np.int64).tolist():
            taken[y][x] = True
            if balls:
                cells.put(x, y, ball, style)
    return taken


def _names(cells: Cells, at: Floats, names: Sequence[str], taken: list[list[bool]], palette: Palette) -> None:
    """Writes names beside their points, away from the middle, where they touch no point and no other name."""
    style = palette.style("text")
    known: list[int] = np.flatnonzero(np.isfinite(at[: len(names)]).all(-1)).tolist()
    names, at = [names[i] for i in known], np.clip(at[known], -_FAR, _FAR)
    away = (at - (cells.width / 2, cells.height / 2)) * (1, 2)
    away /= np.maximum(np.hypot(away[:, 0], away[:, 1]), 1e-9)[:, None]
    length = np.array([len(name) for name in names])
    left = np.floor(np.floor(at[:, 0]) + 0.5 + away[:, 0] * (length / 2 + 1.5) - length / 2).astype(np.int64)
    line = np.floor(at[:, 1]).astype(np.int64) + np.rint(away[:, 1]).astype(np.int64)
    for x, y, name in zip(left.tolist(), line.tolist(), names, strict=True):
        if not name or x < 0 or not 0 <= y < cells.height or x + len(name) > cells.width:
            continue
        if not any(taken[y][max(x - 1, 0) : x + len(name) + 1]):
            cells.put(x, y, name, style)
            taken[y][x : x + len(name)] = [True] * len(name)


def _axes(cells: Cells, plane: Plane, axes: tuple[str, str], graph: Graph, palette: Palette) -> None:
    """A light cross through 0 on the cells that are blank, its ends named."""
    zero = plane.cells(np.zeros((1, 2)))[0]
    x, y = (int(np.floor(v)) if -1 < v < _FAR else -1 for v in zero)
    muted, line = palette.style("muted"), palette.style("border")
    if cells.width >= _MARKS_FROM[0] and cells.height >= _MARKS_FROM[1]:
        arrows = (">", "^") if graph == "ascii" else ("→", "↑")
        right, up = (f"{axis} {arrow} {short(end)}" for axis, arrow, end in zip(axes, arrows, plane.ends, strict=True))
        start, last = cells.width - len(right), cells.height - 1
        free = [row for row in (min(y + 1, last), max(y - 1, 0), last) if cells.free(start, row, len(right))]
        if axes[0] and free:
            cells.put(start, free[0], right, muted)
        start = min(max(x + 2, 0), max(cells.width - len(up), 0))
        if axes[1] and cells.free(start, 0, len(up)):
            cells.put(start, 0, up, muted)
    across, down = ("-", "|") if graph == "ascii" else ("╌", "╎")
    for column in range(cells.width):
        if cells.free(column, y, 1):
            cells.put(column, y, across, line)
    for row in range(cells.height):
        if cells.free(x, row, 1):
            cells.put(x, row, down, line)
