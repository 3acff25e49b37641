"""Lines through points as glyphs, drawn with plotext: braille, quadrant blocks or ascii."""

from __future__ import annotations

from functools import cache, lru_cache
from typing import Any, Final

from grokterm.view_options import Graph

DOTS: Final[dict[Graph, tuple[int, int]]] = {"braille": (2, 4), "block": (2, 2), "ascii": (1, 1)}
"""Points across and down in one cell."""

_MARKERS: Final[dict[Graph, str]] = {"braille": "braille", "block": "hd", "ascii": "*"}
_BRAILLE: Final = 0x2800
_QUADRANTS: Final = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"

Path = tuple[tuple[tuple[int, int], ...], ...]


@lru_cache(maxsize=32)
def strokes(pieces: Path, width: int, height: int, graph: Graph) -> tuple[str, ...]:
    """`height` rows of `width` glyphs with a line through the points of each piece, point (0, 0) at the lower left.

    Points count in DOTS, so that plotext's scaling moves none of them.
    """
    if width < 1 or height < 1 or not any(pieces):
        return (" " * max(width, 0),) * max(height, 0)
    across, down = DOTS[graph]
    figure = _figure()
    figure.clear.data()
    figure.plot_size(width, height)
    figure.ruler("x", "lower").lim(-0.5, across * width - 0.5)
    figure.ruler("y", "left").lim(-0.5, down * height - 0.5)
    for piece in pieces:
        xs, ys = [x for x, _ in piece], [y for _, y in piece]
        figure.draw(figure.signal(xs, ys, marker=_MARKERS[graph]).lines(True))
    rows = figure.build().string(colorless=True).split("\n")[:height]
    return tuple(row.ljust(width)[:width] for row in rows)


def merge(under: str, over: str, graph: Graph) -> str:
    """One glyph with the points of both; in ascii the upper one."""
    if over == " " or under == " ":
        return under if over == " " else over
    if graph == "braille":
        return chr(_BRAILLE | (ord(under) - _BRAILLE) | (ord(over) - _BRAILLE))
    if graph == "block":
        return _QUADRANTS[_QUADRANTS.index(under) | _QUADRANTS.index(over)]
    return over


def prepare() -> None:
    """Loads plotext, which takes a tenth of a second or more, before it is needed."""
    _figure()


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
