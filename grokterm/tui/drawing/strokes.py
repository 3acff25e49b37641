"""Lines through points as glyphs, drawn with plotext: braille, quadrant blocks or ascii."""

from __future__ import annotations

from bisect import bisect_left
from functools import cache, lru_cache
from typing import Any, Final

from grokterm.view_options import Graph

DOTS: Final[dict[Graph, tuple[int, int]]] = {"braille": (2, 4), "block": (2, 2), "ascii": (1, 1)}
"""Points across and down in one cell."""

BAND: Final = 24
"""Cells across that are drawn and remembered together."""
_MARKERS: Final[dict[Graph, str]] = {"braille": "braille", "block": "hd", "ascii": "*"}
_BRAILLE: Final = 0x2800
_QUADRANTS: Final = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"

Path = tuple[tuple[tuple[int, int], ...], ...]


def strokes(pieces: Path, width: int, height: int, graph: Graph) -> tuple[str, ...]:
    """`height` rows of `width` glyphs with a line through the points of each piece, point (0, 0) at the lower left.

    Points count in DOTS, so that plotext's scaling moves none of them; a piece runs from left to right. The plot is
    drawn in upright bands that are remembered, so that a curve that grows at its end costs one band.
    """
    bands = [
        _band(*_within(pieces, left, min(left + BAND, width), DOTS[graph][0]), min(BAND, width - left), height, graph)
        for left in range(0, width, BAND)
    ]
    return tuple("".join(parts) for parts in zip(*bands, strict=True)) if bands else ("",) * max(height, 0)


def _within(pieces: Path, left: int, right: int, across: int) -> tuple[Path, int]:
    """What is needed of a path to draw the cells left … right − 1, and how many cells it begins before them.

    It keeps the points next to the cells on both sides, and counts from the cell of the first.
    """
    found = []
    for piece in pieces:
        start = max(bisect_left(piece, (left * across,)) - 1, 0)
        near = piece[start : bisect_left(piece, (right * across,)) + 1]
        if near and near[0][0] < right * across and near[-1][0] >= left * across:
            found.append(near)
    first = min((near[0][0] // across for near in found), default=left)
    shift = min(first, left) * across
    return tuple(tuple((x - shift, y) for x, y in near) for near in found), left - min(first, left)


@lru_cache(maxsize=512)
def _band(pieces: Path, lead: int, width: int, height: int, graph: Graph) -> tuple[str, ...]:
    """The cells lead … lead + width − 1 of a path; plotext is given all of it, since it breaks lines at its edges."""
    if height < 1 or not pieces:
        return (" " * width,) * max(height, 0)
    across, down = DOTS[graph]
    wide = max(max(piece[-1][0] for piece in pieces) // across + 1, lead + width)
    figure = _figure()
    figure.clear.data()
    figure.plot_size(wide, height)
    figure.ruler("x", "lower").lim(-0.5, across * wide - 0.5)
    figure.ruler("y", "left").lim(-0.5, down * height - 0.5)
    for piece in pieces:
        xs, ys = [x for x, _ in piece], [y for _, y in piece]
        figure.draw(figure.signal(xs, ys, marker=_MARKERS[graph]).lines(True))
    rows = figure.build().string(colorless=True).split("\n")[:height]
    return tuple(row.ljust(wide)[lead : lead + width] for row in rows)


def merge(under: str, over: str, graph: Graph) -> str:
    """One glyph with the points of both; in ascii the upper one."""
    if over == " " or under == " ":
        return under if over == " " else over
    if graph == "braille":
        return chr(_BRAILLE | (ord(under) - _BRAILLE) | (ord(over) - _BRAILLE))
    if graph == "block":
        return _QUADRANTS[_QUADRANTS.index(under) | _QUADRANTS.index(over)]
    return over


@cache
def available() -> bool:
    """Whether plotext can be loaded, which takes a tenth of a second or more; its compiled part may be missing."""
    try:
        import plotext  # noqa: F401
    except (ImportError, OSError):
        return False
    return True


@cache
def _figure() -> Any:
    """plotext's one figure, without axes and of any size."""
    import plotext

    plotext.terminal.limit(False, False)
    figure = plotext.figure
    figure.axes(False)
    for axis in ("x", "y"):
        for side in ("lower", "upper") if axis == "x" else ("left", "right"):
            figure.ruler(axis, side).frequency(0)
            figure.ruler(axis, side).alignment(lim="edge")
    return figure
