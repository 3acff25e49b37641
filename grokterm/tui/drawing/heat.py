"""Matrices as heat maps: colours in half-blocks, or shades where colours are few."""

from __future__ import annotations

from functools import lru_cache
from itertools import islice
from typing import Final, Literal

import numpy as np
import numpy.typing as npt
from rich.color import Color
from rich.color_triplet import ColorTriplet
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.room import limited, units
from grokterm.tui.drawing.scales import Floats, short
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

Scale = Literal["rising", "signed", "cyclic"]
"""From nothing to much, from negative over 0 to positive, or round in a circle, where the top is the bottom again."""
Pooling = Literal["mean", "peak"]
"""What a point shows that stands for several numbers: their mean, or the one of largest magnitude."""

_RING: Final = ("train", "mark", "error", "test", "correct", "train")
"""The colours round a cyclic scale."""
LEVELS: Final = 12
"""Colours from the middle of a scale to its end: few enough for runs of one colour to merge."""
_SHADES: Final = " ░▒▓█"
_ASCII_SHADES: Final = " .:*#"
_NEGATIVE_SHADES: Final = " ·-=≡"
_ASCII_NEGATIVE_SHADES: Final = " ,-=%"
_BLANK: Final = LEVELS + 1
"""The level of a number that is not finite."""
Levels = npt.NDArray[np.int16]


def draw_heat(
    values: Floats,
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
    *,
    scale: Scale = "rising",
    top: float | None = None,
    pooling: Pooling = "mean",
    square: bool = False,
) -> list[Strip]:
    """A matrix [rows, columns] in `width` × `height` cells; `top` is the magnitude of the strongest colour.

    Numbers that are not finite stay blank; with `square` a row is nearly as high as a column is wide.
    """
    blank = Strip.blank(width)
    if not values.size or width < 1 or height < 1:
        return [blank] * max(height, 0)
    half = in_half_blocks(graph, palette)
    rows, columns = extent(values.shape, width, height, half, square)
    top = largest(values) if top is None else top
    levels = _levels(resized(values, rows, columns, pooling), top, scale)
    strips = _half_blocks(levels, scale, palette) if half else _shades(levels, scale, graph, palette)
    rest = Strip.blank(width - columns)
    drawn = [Strip.join([strip, rest]) if columns < width else strip for strip in strips]
    return [*drawn[:height], *[blank] * (height - len(drawn))]


def in_half_blocks(graph: Graph, palette: Palette) -> bool:
    """Whether a cell holds two points, one above the other."""
    return graph != "ascii" and palette.depth == "truecolor"


def extent(shape: tuple[int, ...], width: int, height: int, half: bool, square: bool) -> tuple[int, int]:
    """Points down and across for a matrix: whole points a number where it is small, the whole room where it is not.

    With `square` a number is nearly as high as it is wide.
    """
    down, across = height * (1 + half), width
    if square and down >= shape[0] and across >= shape[1]:
        wide, high = units((shape[1], shape[0]), across, down, half)
        return shape[0] * high, shape[1] * wide
    if square:
        columns, rows = limited(min(across, shape[1]), min(down, shape[0]), half)
        return rows, columns
    rows = shape[0] * (down // shape[0]) if down >= shape[0] else down
    columns = shape[1] * (across // shape[1]) if across >= shape[1] else across
    return rows, columns


def largest(values: Floats) -> float:
    """The largest finite magnitude; 0 where nothing is finite."""
    finite = values[np.isfinite(values)]
    return float(np.abs(finite).max()) if finite.size else 0.0


def resized(values: Floats, rows: int, columns: int, pooling: Pooling = "mean") -> Floats:
    """A matrix with so many rows and columns: numbers repeated, or taken together; NaN where none is finite."""
    return _along(_along(values, rows, pooling).T, columns, pooling).T


def draw_scale(
    top: float, width: int, graph: Graph, palette: Palette, scale: Scale = "rising", name: str = ""
) -> Strip:
    """One line that says what the colours mean: of what, and from 0 or −top to top."""
    low, high = (f"-{short(top)}" if scale == "signed" else "0"), short(top)
    low = f"{name}  {low}" if name else low
    room = min(width - len(low) - len(high) - 2, 4 * LEVELS)
    cells = Cells(width, 1)
    if room < 4:
        return cells.strips()[0]
    ramp = np.linspace(-1 if scale == "signed" else 0, 1, room)[None, :]
    middle = draw_heat(ramp, room, 1, graph, palette, scale=scale, top=1.0)[0]
    muted = palette.style("muted")
    ends = [Segment(f"{low} ", muted), *middle, Segment(f" {high}", muted)]
    return Strip(ends).adjust_cell_length(width)


def _along(values: Floats, count: int, pooling: Pooling) -> Floats:
    """The first axis with `count` entries."""
    size = values.shape[0]
    if count >= size:
        return np.asarray(values[np.arange(count) * size // count])
    starts = np.arange(count) * size // count
    finite = np.isfinite(values)
    known = np.add.reduceat(finite, starts, axis=0, dtype=np.int64)
    filled = np.where(finite, values, 0.0)
    if pooling == "mean":
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.asarray(np.add.reduceat(filled, starts, axis=0) / known)
    high, low = np.maximum.reduceat(filled, starts, axis=0), np.minimum.reduceat(filled, starts, axis=0)
    return np.where(known > 0, np.where(high >= -low, high, low), np.nan)


def _levels(values: Floats, top: float, scale: Scale) -> Levels:
    """Levels 0 to LEVELS, negative ones too on a signed scale."""
    with np.errstate(invalid="ignore"):
        share = np.clip(values / top if top > 0 else values * 0.0, -1 if scale == "signed" else 0, 1)
    known = np.isfinite(share)
    return np.where(known, np.rint(np.where(known, share, 0) * LEVELS), _BLANK).astype(np.int16)


def _half_blocks(levels: Levels, scale: Scale, palette: Palette) -> list[Strip]:
    if levels.shape[0] % 2:
        levels = np.vstack([levels, np.full((1, levels.shape[1]), _BLANK, np.int16)])
    width = levels.shape[1]
    return [
        Strip([_half_block(up, low, length, scale, palette) for up, low, length in runs], width)
        for runs in _runs(levels[::2], levels[1::2])
    ]


def _runs(upper: Levels, lower: Levels) -> list[list[tuple[int, int, int]]]:
    """Runs of equal pairs in each row: upper level, lower level, length."""
    first = np.ones(upper.shape, np.bool_)
    first[:, 1:] = (upper[:, 1:] != upper[:, :-1]) | (lower[:, 1:] != lower[:, :-1])
    lengths = np.diff(np.flatnonzero(first), append=first.size).tolist()
    runs = zip(upper[first].tolist(), lower[first].tolist(), lengths, strict=True)
    return [list(islice(runs, count)) for count in first.sum(1).tolist()]


def _half_block(upper: int, lower: int, length: int, scale: Scale, palette: Palette) -> Segment:
    glyph, style = _look(upper, lower, scale, palette)
    return Segment(glyph * length, style)


@lru_cache(maxsize=4096)
def _look(upper: int, lower: int, scale: Scale, palette: Palette) -> tuple[str, Style]:
    above, below = level_color(upper, scale, palette), level_color(lower, scale, palette)
    if above == below:
        return " ", Style(bgcolor=above)
    if above is None:
        return "▄", Style(color=below)
    if below is None:
        return "▀", Style(color=above)
    return "▀", Style(color=above, bgcolor=below)


def level_color(level: int, scale: Scale, palette: Palette) -> Color | None:
    """The colour of a level; None for a number that is not finite."""
    if level == _BLANK:
        return None
    names: tuple[str, ...] = ("background", "train") if level < 0 else ("background", "bar", "key", "text")
    if scale == "signed" and level >= 0:
        names = ("background", "test")
    if scale == "cyclic":
        names = _RING
    at = abs(level) / LEVELS * (len(names) - 1)
    first = min(int(at), len(names) - 2)
    return blended(names[first], names[first + 1], at - first, palette)


def blended(low: str, high: str, share: float, palette: Palette) -> Color:
    """A colour between those of two meanings."""
    start, end = ((palette.style(name).color or Color.default()).get_truecolor() for name in (low, high))
    red, green, blue = (round(a + share * (b - a)) for a, b in zip(start, end, strict=True))
    return Color.from_triplet(ColorTriplet(red, green, blue))


def _shades(levels: Levels, scale: Scale, graph: Graph, palette: Palette) -> list[Strip]:
    """One point a cell, its magnitude by shade and its sign by colour and, without colours, by glyph.

    A cyclic scale rises in one colour and falls in the other.
    """
    if scale == "cyclic":
        ring = np.where(2 * levels <= LEVELS, 2 * levels, 2 * (levels - LEVELS)).astype(np.int16)
        levels = np.where(levels == _BLANK, _BLANK, ring).astype(np.int16)
    cells = Cells(levels.shape[1], levels.shape[0])
    plus = _ASCII_SHADES if graph == "ascii" else _SHADES
    minus = _ASCII_NEGATIVE_SHADES if graph == "ascii" else _NEGATIVE_SHADES
    above, below = palette.style("test"), palette.style("train")
    step = LEVELS / (len(plus) - 1)
    for y, row in enumerate(levels.tolist()):
        for x, level in enumerate(row):
            if level != _BLANK and level:
                shade = max(1, round(abs(level) / step))
                cells.glyphs[y][x] = (plus if level > 0 else minus)[shade]
                cells.styles[y][x] = above if level > 0 else below
    return cells.strips()
