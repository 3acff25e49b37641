"""How many points a map takes of its room: whole ones a number, and nearly square."""

from __future__ import annotations

from typing import Final

WIDE: Final = 2
"""How many times as wide as high what would be a square may be to fill its room."""
HIGH: Final = 1.5
"""How many times as high as wide."""
_FILLED: Final = 0.8
"""Share of the room from which points that stand for equally many numbers are taken, though more would fit."""


def units(shape: tuple[int, int], across: int, down: int, half: bool) -> tuple[int, int]:
    """Whole points that a number takes across and down, for `shape` numbers across and down in so many points.

    At least 1. A point is half a cell high where `half` is set, else a cell.
    """
    square = _across_a_square(half)
    wide, high = max(across // max(shape[0], 1), 1), max(down // max(shape[1], 1), 1)
    return min(wide, WIDE * square * high), min(high, max(int(HIGH * wide / square), 1))


def limited(across: int, down: int, half: bool) -> tuple[int, int]:
    """The points of a room without those that make it too wide or too high."""
    square = _across_a_square(half)
    return min(across, WIDE * square * down), min(down, max(int(HIGH * across / square), 1))


def gathered_points(shape: tuple[int, int], across: int, down: int, half: bool) -> tuple[int, int]:
    """Points across and down that `shape` numbers are gathered in, where there are fewer points than numbers.

    All points of a line stand for equally many numbers where that leaves little of the room blank.
    """
    across, down = limited(min(across, shape[0]), min(down, shape[1]), half)
    return limited(_filled(shape[0], across), _filled(shape[1], down), half)


def _filled(count: int, room: int) -> int:
    even = -(-count // -(-count // room))
    return even if even >= _FILLED * room else room


def _across_a_square(half: bool) -> int:
    """Points across that are as wide as one point is high: a cell is about twice as high as it is wide."""
    return 1 if half else 2
