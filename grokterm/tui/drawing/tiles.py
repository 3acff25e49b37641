"""Several drawings of one size beside and below each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from textual.strip import Strip

_GAP: Final = 2
"""Cells between two drawings beside each other."""


@dataclass(frozen=True, slots=True)
class Tiles:
    """How many drawings stand beside and below each other, and the size of each."""

    columns: int
    rows: int
    width: int
    height: int

    @property
    def count(self) -> int:
        """How many there is room for."""
        return self.columns * self.rows


def tiles_of(count: int, width: int, height: int, least: tuple[int, int], extra: tuple[int, int] = (0, 0)) -> Tiles:
    """The arrangement of `count` squares that are as large as can be; fewer of them where they would be too small.

    `least` is their least width and height in cells, `extra` what they hold beside the square, as names do.
    """
    best, most = Tiles(1, 1, max(width, 0), max(height, 0)), (0, 0)
    for columns in range(1, max(count, 1) + 1):
        wide = (width - _GAP * (columns - 1)) // columns
        if wide < least[0] and columns > 1:
            break
        rows = min(-(-count // columns), max(height // max(least[1], 1), 1))
        high = height // rows
        # A cell is about twice as high as it is wide.
        size = min(wide - extra[0], 2 * (high - extra[1]))
        if (min(columns * rows, count), size) > most:
            best, most = Tiles(columns, rows, wide, high), (min(columns * rows, count), size)
    return best


def draw_tiles(tiles: Tiles, count: int, width: int, height: int, draw: Callable[[int], list[Strip]]) -> list[Strip]:
    """The drawings 0 … count − 1, each of the tiles' size, as `height` strips of `width` cells."""
    lines: list[Strip] = []
    for row in range(tiles.rows):
        numbers = range(row * tiles.columns, min((row + 1) * tiles.columns, count))
        drawn = [draw(number) for number in numbers]
        for y in range(tiles.height if drawn else 0):
            parts = [part for strips in drawn for part in (strips[y], Strip.blank(_GAP))]
            lines.append(Strip.join(parts[:-1]).adjust_cell_length(width))
    return [*lines[:height], *[Strip.blank(width)] * (height - len(lines))]
