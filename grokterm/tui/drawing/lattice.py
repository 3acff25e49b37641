"""Where each pair of the table lies among the cells of a pane."""

from __future__ import annotations

from dataclasses import dataclass

_LEAST_WIDTH, _LEAST_HEIGHT = 20, 6
"""Cells of a zoomed table below which its axes are left out."""
DEEPEST = 8
"""Points that a pair takes across at most when zoomed."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """A window on the p × p table: a from left to right, b from top to bottom.

    A point is half a cell high where `half` is set, else a cell; a pair takes `scale` points across and down, or
    a point holds `reduction` pairs across and down. One of the two is 1.
    """

    p: int
    left: int
    top: int
    columns: int
    """Points across."""
    rows: int
    """Points down."""
    scale: tuple[int, int]
    reduction: tuple[int, int]
    origin: tuple[int, int]
    """The pair (a, b) in the upper left corner."""
    half: bool

    @property
    def reduced(self) -> bool:
        """Whether a point holds more than one pair."""
        return max(self.reduction) > 1

    @property
    def height(self) -> int:
        """Rows of cells that the points take."""
        return -(-self.rows // 2) if self.half else self.rows

    def point(self, pair: tuple[int, int]) -> tuple[int, int] | None:
        """The first point of a pair, column and row, or None where it lies outside."""
        column, row = ((pair[i] - self.origin[i]) // self.reduction[i] * self.scale[i] for i in range(2))
        inside = 0 <= column < self.columns and 0 <= row < self.rows and min(pair) >= 0
        return (column, row) if inside and max(pair) < self.p else None

    def cell(self, pair: tuple[int, int]) -> tuple[int, int] | None:
        """The first cell of a pair, or None where it lies outside."""
        point = self.point(pair)
        return None if point is None else (self.left + point[0], self.top + point[1] // (1 + self.half))

    def pair(self, x: int, y: int) -> tuple[int, int] | None:
        """The pair (a, b) under a cell, the first where there are more; None outside."""
        column, row = x - self.left, (y - self.top) * (1 + self.half)
        if not (0 <= column < self.columns and 0 <= row < self.rows):
            return None
        a, b = (self.origin[i] + at // self.scale[i] * self.reduction[i] for i, at in enumerate((column, row)))
        return (a, b) if a < self.p and b < self.p else None


def whole(p: int, width: int, height: int, half: bool) -> Lattice:
    """The whole table in `width` × `height` cells, as large as it fits, with axes where they cost no pairs."""
    across, down = max(width, 1), max(height, 1) * (1 + half)
    if half:
        across = down = min(across, down)
    reduction = (max(-(-p // across), 1), max(-(-p // down), 1))
    scale = (max(across // p, 1), max(down // p, 1))
    if max(reduction) > 1:
        scale = (1, 1)
    elif not half:
        scale = (min(scale[0], 2 * scale[1]), min(scale[1], max(scale[0] // 2, 1)))
    columns, rows = (-(-p // reduction[i]) * scale[i] for i in range(2))
    spare_x, spare_y = width - columns, height - (-(-rows // 2) if half else rows)
    digits = len(str(p - 1)) + 1
    left = digits if spare_x >= digits else min(max(spare_x, 0), 1)
    return Lattice(p, left, int(spare_y >= 1), columns, rows, scale, reduction, (0, 0), half)


def zoomed(
    p: int, width: int, height: int, half: bool, scale: int, cursor: tuple[int, int], origin: tuple[int, int]
) -> Lattice:
    """A window in which a pair takes `scale` points across, moved no more than needed to hold the cursor."""
    axes = width >= _LEAST_WIDTH and height >= _LEAST_HEIGHT
    left, top = (len(str(p - 1)) + 1, 1) if axes else (0, 0)
    steps = (scale, scale if half else max(scale // 2, 1))
    room = (max(width - left, 1), max(height - top, 1) * (1 + half))
    steps = (min(steps[0], room[0]), min(steps[1], room[1]))
    pairs = (min(room[0] // steps[0], p), min(room[1] // steps[1], p))
    start = tuple(_moved(origin[i], cursor[i], pairs[i], p) for i in range(2))
    return Lattice(p, left, top, pairs[0] * steps[0], pairs[1] * steps[1], steps, (1, 1), (start[0], start[1]), half)


def _moved(origin: int, cursor: int, count: int, p: int) -> int:
    """The origin nearest to the old one whose `count` pairs hold the cursor and two pairs around it."""
    margin = min(2, (count - 1) // 2)
    origin = min(origin, cursor - margin)
    origin = max(origin, cursor + margin - count + 1)
    return min(max(origin, 0), p - count)
