"""A table over pairs of residues as a heat map with its axes; where there is no room for all of it, its beginning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.heat import Scale, draw_heat, in_half_blocks
from grokterm.tui.drawing.scales import Floats
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

OVER: Final = 2
"""Lines above a map: its name and the axis of a."""
_A_WAVE: Final = 6
"""Means that a wave is at least long in a map of means."""
_TICK_CELLS: Final = 6
"""Cells from one number to the next along a, at least."""
_TICK_LINES: Final = 3
"""Lines from one number to the next along b, at least."""
_ROUND: Final = (1, 2, 5, 10, 20, 25, 50, 100, 200, 500)


@dataclass(frozen=True, slots=True)
class Fit:
    """How much of a table is shown: so many residues across and down, each so many points wide and high."""

    across: int
    down: int
    wide: int
    high: int
    half: bool

    @property
    def columns(self) -> int:
        """Cells that the map takes across."""
        return self.across * self.wide

    @property
    def lines(self) -> int:
        """Cells that it takes down."""
        return -(-self.down * self.high // (1 + self.half))


def fit_of(shape: tuple[int, ...], width: int, height: int, half: bool, wider: bool = False) -> Fit:
    """Whole points a residue, so that stripes stay stripes: the largest that hold all, else the smallest.

    They are as wide as high, or where there is room with `wider` twice as wide where there is room.
    """
    points, stretch = max(height, 1) * (1 + half), 1 if half else 2
    unit = max(1, min(width // (stretch * max(shape[0], 1)), points // max(shape[1], 1)))
    wide = min(stretch * unit, max(width, 1))
    if wider and 2 * wide * shape[0] <= width:
        wide *= 2
    return Fit(min(shape[0], max(width // wide, 1)), min(shape[1], max(points // unit, 1)), wide, unit, half)


def gutter(side: int) -> int:
    """Cells left of a map of so many residues."""
    return len(str(max(side - 1, 0))) + 1


def gathered(
    values: Floats, frequency: int, width: int, height: int, graph: Graph, palette: Palette
) -> tuple[Floats, int]:
    """Means over square blocks of [a, b] so large that `draw_pair_map` has room for all pairs, and a block's side.

    Values are left as they are, with blocks of 1, where waves of that frequency would be lost, or it is 0.
    """
    a, b = values.shape
    fit = _fit_in(values.shape, width, height, graph, palette)
    block = max(-(-a // fit.across), -(-b // fit.down))
    if block == 1 or not 0 < _A_WAVE * block * frequency <= max(a, b):
        return values, 1
    rows, columns = -(-a // block), -(-b // block)
    padded = np.full((rows * block, columns * block), np.nan)
    padded[:a, :b] = values
    blocks = padded.reshape(rows, block, columns, block)
    known = np.isfinite(blocks)
    sums, counts = np.where(known, blocks, 0.0).sum((1, 3)), known.sum((1, 3))
    return np.where(counts > 0, sums / np.maximum(counts, 1), np.nan), block


def holds_all(shape: tuple[int, ...], width: int, height: int, graph: Graph, palette: Palette) -> bool:
    """Whether `draw_pair_map` has room for a whole table in so many cells."""
    fit = _fit_in(shape, width, height, graph, palette)
    return (fit.across, fit.down) == shape


def draw_pair_map(
    values: Floats,
    name: str,
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
    *,
    scale: Scale = "rising",
    top: float | None = None,
    block: int = 1,
    axis: str = "a",
    color: str = "text",
    wide: bool = False,
) -> list[Strip]:
    """Values [a, b] in `width` × `height` cells: a from left to right, b from top to bottom, both from 0 on.

    `axis` is what a is called where it is not the residue itself, `block` residues stand together in each value;
    `top` is as for `draw_heat`, and `color` that of the name. With `wide` values are twice as wide as high, where there
    is room for that.
    """
    left = gutter(block * max(values.shape))
    if width < left + 2 or height < OVER + 1 or not values.size:
        return draw_heat(values.T, width, height, graph, palette, scale=scale, top=top)
    half = in_half_blocks(graph, palette)
    fit = fit_of(values.shape, width - left, height - OVER, half, wide)
    shown = values[: fit.across, : fit.down].T
    body = draw_heat(shown, fit.columns, fit.lines, graph, palette, scale=scale, top=top)
    edge = Cells(width, OVER)
    edge.put(left, 0, name[: width - left], palette.style(color))
    muted = palette.style("muted")
    _ticks_across(edge, fit, left, block, axis, palette)
    side = Cells(left, fit.lines)
    for value in _ticks(fit.down, fit.high / (1 + half), _TICK_LINES):
        text = str(value * block)
        side.put(left - 1 - len(text), value * fit.high // (1 + half), text, muted)
    side.put(left - 2, 1, "b", muted)
    rest = Strip.blank(width - left - fit.columns)
    lines = [Strip.join([number, line, rest]) for number, line in zip(side.strips(), body, strict=True)]
    return [*edge.strips(), *lines, *[Strip.blank(width)] * (height - OVER - len(lines))]


def _fit_in(shape: tuple[int, ...], width: int, height: int, graph: Graph, palette: Palette) -> Fit:
    return fit_of(shape, width - gutter(max(shape)), height - OVER, in_half_blocks(graph, palette))


def _ticks_across(edge: Cells, fit: Fit, left: int, block: int, axis: str, palette: Palette) -> None:
    """The line of numbers above the map; the axis's name stands before the first."""
    muted, taken = palette.style("muted"), 0
    for value in _ticks(fit.across, fit.wide, _TICK_CELLS):
        text = f"{axis} {value * block}" if not value else str(value * block)
        start = left + value * fit.wide
        if start > taken and start + len(text) <= left + max(fit.columns, len(text)):
            edge.put(start, 1, text, muted)
            taken = start + len(text)


def _ticks(count: int, cells: float, least: int) -> list[int]:
    """Round places from 0 on, at least so many cells apart."""
    step = next((step for step in _ROUND if step * cells >= least), _ROUND[-1])
    return list(np.arange(0, max(count, 1), step).tolist())
