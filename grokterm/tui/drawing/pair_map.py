"""A table over pairs of residues as a heat map with its axes; where there is no room for all of it, its beginning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.heat import Scale, draw_heat, in_half_blocks, resized
from grokterm.tui.drawing.room import gathered_points, units
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
Blocks = tuple[float, float]
"""How many residues a and b a value stands for."""
SINGLE: Final[Blocks] = (1, 1)


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


def fit_of(shape: tuple[int, ...], width: int, height: int, half: bool) -> Fit:
    """Whole points a residue, so that stripes stay stripes: the largest that hold all, else the smallest.

    A residue is nearly as wide as high, where all are shown.
    """
    a, b = shape[0], shape[1]
    points = max(height, 1) * (1 + half)
    if width >= a and points >= b:
        return Fit(a, b, *units((a, b), width, points, half), half)
    wide = min(1 if half else 2, max(width, 1))
    return Fit(min(a, max(width // wide, 1)), min(b, points), wide, 1, half)


def gutter(side: int) -> int:
    """Cells left of a map of so many residues."""
    return len(str(max(side - 1, 0))) + 1


def gathered(
    values: Floats, frequency: int, width: int, height: int, graph: Graph, palette: Palette
) -> tuple[Floats, Blocks]:
    """Means over blocks of [a, b] so large that `draw_pair_map` has room for all pairs, and the blocks.

    Values are left as they are where waves of that frequency would be lost, or it is 0.
    """
    sides = values.shape[0], values.shape[1]
    half = in_half_blocks(graph, palette)
    across, down = width - gutter(max(sides)), max(height - OVER, 1) * (1 + half)
    if (across >= sides[0] and down >= sides[1]) or across < 1:
        return values, SINGLE
    points = gathered_points(sides, across, down, half)
    blocks = sides[0] / points[0], sides[1] / points[1]
    if not 0 < _A_WAVE * max(blocks) * frequency <= max(sides):
        return values, SINGLE
    return resized(values, *points), blocks


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
    blocks: Blocks = SINGLE,
    axis: str = "a",
    color: str = "text",
) -> list[Strip]:
    """Values [a, b] in `width` × `height` cells: a from left to right, b from top to bottom, both from 0 on.

    `axis` is what a is called where it is not the residue itself, each value stands for `blocks` of residues;
    `top` is as for `draw_heat`, and `color` that of the name.
    """
    left = gutter(round(max(block * side for block, side in zip(blocks, values.shape, strict=True))))
    if width < left + 2 or height < OVER + 1 or not values.size:
        return draw_heat(values.T, width, height, graph, palette, scale=scale, top=top)
    half = in_half_blocks(graph, palette)
    fit = fit_of(values.shape, width - left, height - OVER, half)
    shown = values[: fit.across, : fit.down].T
    body = draw_heat(shown, fit.columns, fit.lines, graph, palette, scale=scale, top=top)
    edge = Cells(width, OVER)
    edge.put(left, 0, name[: width - left], palette.style(color))
    muted = palette.style("muted")
    _ticks_across(edge, fit, left, blocks[0], axis, palette)
    side = Cells(left, fit.lines)
    for residue in _ticks(fit.down * blocks[1], fit.high / (1 + half) / blocks[1], _TICK_LINES):
        text = str(residue)
        side.put(left - 1 - len(text), int(residue / blocks[1]) * fit.high // (1 + half), text, muted)
    side.put(left - 2, 1, "b", muted)
    rest = Strip.blank(width - left - fit.columns)
    lines = [Strip.join([number, line, rest]) for number, line in zip(side.strips(), body, strict=True)]
    return [*edge.strips(), *lines, *[Strip.blank(width)] * (height - OVER - len(lines))]


def _fit_in(shape: tuple[int, ...], width: int, height: int, graph: Graph, palette: Palette) -> Fit:
    return fit_of(shape, width - gutter(max(shape)), height - OVER, in_half_blocks(graph, palette))


def _ticks_across(edge: Cells, fit: Fit, left: int, block: float, axis: str, palette: Palette) -> None:
    """The line of numbers above the map; the axis's name stands before the first."""
    muted, taken = palette.style("muted"), 0
    for residue in _ticks(fit.across * block, fit.wide / block, _TICK_CELLS):
        text = str(residue) if residue else f"{axis} 0"
        start = left + int(residue / block) * fit.wide
        if start > taken and start + len(text) <= left + max(fit.columns, len(text)):
            edge.put(start, 1, text, muted)
            taken = start + len(text)


def _ticks(count: float, cells: float, least: int) -> list[int]:
    """Round residues of so many, each so many cells wide or high, from 0 on and at least so many cells apart."""
    wide = [step for step in _ROUND if step * cells >= least] or [_ROUND[-1]]
    # Steps of whole cells, so that numbers stand at equal distances.
    step = next((step for step in wide[:2] if step * cells % 1 == 0), wide[0])
    return list(range(0, max(round(count), 1), step))
