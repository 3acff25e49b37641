"""Where each pair of the table lies among the cells of a pane."""

from __future__ import annotations

from dataclasses import dataclass

from grokterm.tui.drawing.room import gathered_points, units

_LEAST_WIDTH, _LEAST_HEIGHT = 20, 6
"""Cells of a zoomed table below which its axes are left out."""
DEEPEST = 8
"""Points that a pair takes across at most when zoomed."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """A window on the p × p table: a from left to right, b from top to bottom.

    A point is half a cell high where `half` is set, else a cell; a pair takes `scale` points across and down, or
    a point holds up to `reduction` pairs across and down. One of the two is 1 for each axis.
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

    @property
    def even(self) -> bool:
        """Whether all points hold equally many pairs, those at the ends of rows and columns perhaps fewer."""
        return self._is_even(0) and self._is_even(1)

    def point(self, pair: tuple[int, int]) -> tuple[int, int] | None:
        """The first point of a pair, column and row, or None where it lies outside."""
        if not 0 <= min(pair) <= max(pair) < self.p:
            return None
        column, row = (self._place(pair[i], i) for i in range(2))
        return (column, row) if 0 <= column < self.columns and 0 <= row < self.rows else None

    def cell(self, pair: tuple[int, int]) -> tuple[int, int] | None:
        """The first cell of a pair, or None where it lies outside."""
        point = self.point(pair)
        return None if point is None else (self.left + point[0], self.top + point[1] // (1 + self.half))

    def pair(self, x: int, y: int) -> tuple[int, int] | None:
        """The pair (a, b) under a cell, the first where there are more; None outside."""
        column, row = x - self.left, (y - self.top) * (1 + self.half)
        if not (0 <= column < self.columns and 0 <= row < self.rows):
            return None
        a, b = (self._residue(at, i) for i, at in enumerate((column, row)))
        return (a, b) if a < self.p and b < self.p else None

    def starts(self, axis: int) -> list[int]:
        """The first residue of each point along an axis of the whole table, where a point holds several."""
        return [self._residue(at, axis) for at in range((self.columns, self.rows)[axis])]

    def _is_even(self, axis: int) -> bool:
        reduction = self.reduction[axis]
        return reduction == 1 or (self.columns, self.rows)[axis] == -(-self.p // reduction)

    def _place(self, residue: int, axis: int) -> int:
        """The first point of a residue along an axis; outside of the points where it is not shown."""
        if self.reduction[axis] == 1:
            return (residue - self.origin[axis]) * self.scale[axis]
        if self._is_even(axis):
            return residue // self.reduction[axis]
        return residue * (self.columns, self.rows)[axis] // self.p

    def _residue(self, point: int, axis: int) -> int:
        """The first residue of a point along an axis."""
        if self.reduction[axis] == 1:
            return self.origin[axis] + point // self.scale[axis]
        if self._is_even(axis):
            return point * self.reduction[axis]
        return -(-point * self.p // (self.columns, self.rows)[axis])


def whole(p: int, width: int, height: int, half: bool) -> Lattice:
    """The whole table in `width` × `height` cells, as large as it fits, with axes where they cost no pairs.

    A pair takes whole points, as wide as high or nearly so; where there are fewer points than pairs, a point holds
    several, equally many where that does not leave much of the room blank.
    """
    across, down = max(width, 1), max(height, 1) * (1 + half)
    digits = len(str(p - 1)) + 1
    scale = (across // p, down // p)
    if min(scale) >= 1:
        wide, high = units((p, p), across, down, half)
        # Axes are worth more than what goes beyond a square.
        square, beside = min(wide, (2 - half) * high), ((across - digits) // p, (max(height - 1, 1) * (1 + half)) // p)
        wide, high = max(square, min(wide, beside[0])), max(square // (2 - half), min(high, beside[1]), 1)
        columns, rows, scale = p * wide, p * high, (wide, high)
    else:
        scale = (1, 1)
        columns, rows = gathered_points((p, p), across, down, half)
    reduction = (-(-p * scale[0] // columns), -(-p * scale[1] // rows))
    spare_x, spare_y = width - columns, height - (-(-rows // 2) if half else rows)
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
