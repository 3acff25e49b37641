"""Lines and points as dots, several to a cell: braille, quadrant blocks or ascii."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np
from rich.style import Style

from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.scales import Floats
from grokterm.view_options import Graph

if TYPE_CHECKING:
    import numpy.typing as npt

DOTS: Final[dict[Graph, tuple[int, int]]] = {"braille": (2, 4), "block": (2, 2), "ascii": (1, 1)}
"""Dots across and down in one cell."""

_BRAILLE: Final = 0x2800
_BITS: Final = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))
"""The bit of each of a braille character's dots."""
_QUADRANTS: Final = " ▘▝▀▖▌▞▛▗▚▐▜▄▙▟█"
_BRAILLE_GLYPHS: Final = " " + "".join(chr(_BRAILLE | code) for code in range(1, 256))
_QUARTERS: Final = ((1, 2), (4, 8))
_FAR: Final = 4
"""A line is followed this many rooms out of the room."""


class Dots:
    """A layer of `width` × `height` cells on which dots of one colour are set, (0, 0) at the upper left."""

    def __init__(self, width: int, height: int, graph: Graph) -> None:
        self.graph, self.width, self.height = graph, width, height
        self.across, self.down = DOTS[graph]
        self._on: npt.NDArray[np.bool_] = np.zeros((height * self.down, width * self.across), np.bool_)

    def points(self, places: Floats) -> None:
        """Sets the dots at places [n, 2] in cells, x and y; those outside, and what is not finite, are left out."""
        dots = places * (self.across, self.down)
        # Comparing with NaN gives False.
        inside = ((dots >= 0) & (dots < self._on.shape[::-1])).all(-1)
        x, y = dots[inside].astype(np.int64).T
        self._on[y, x] = True

    def line(self, places: Floats) -> None:
        """Sets the dots along the line through places [n, 2] in cells; it is broken where one is not finite."""
        room = np.array([self.width, self.height], dtype=np.float64)
        dots = np.clip(places, -_FAR * room, (_FAR + 1) * room) * (self.across, self.down)
        start, end = dots[:-1], dots[1:]
        known = np.isfinite(start).all(-1) & np.isfinite(end).all(-1)
        start, way = start[known], (end - start)[known]
        counts = np.ceil(np.abs(way).max(-1, initial=0)).astype(np.int64) + 1
        piece = np.repeat(np.arange(len(start)), counts)
        at = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        share = at / np.maximum(counts[piece] - 1, 1)
        self.points((start[piece] + share[:, None] * way[piece]) / (self.across, self.down))

    def columns(self, low: npt.NDArray[np.int64], high: npt.NDArray[np.int64]) -> None:
        """Sets the dots low … high of each column of dots, row 0 lowest; where low is above high there are none."""
        rows = np.arange(self._on.shape[0])[::-1, None]
        self._on |= (rows >= low) & (rows <= high)

    def paint(self, cells: Cells, left: int, top: int, style: Style, ascii_glyph: str = ".") -> None:
        """Writes the dots over cells from (left, top) on, merged with the dots that are there."""
        blocks = self._on.reshape(self.height, self.down, self.width, self.across).transpose(0, 2, 1, 3)
        if self.graph == "ascii":
            codes = blocks[..., 0, 0].astype(np.int64)
        else:
            codes = (blocks * np.array(_BITS if self.graph == "braille" else _QUARTERS)).sum((-2, -1))
        glyphs = {"braille": _BRAILLE_GLYPHS, "block": _QUADRANTS}.get(self.graph, " " + ascii_glyph)
        ys, xs = np.nonzero(codes)
        for y, x, code in zip(ys.tolist(), xs.tolist(), codes[ys, xs].tolist(), strict=True):
            row, at = cells.glyphs[top + y], left + x
            row[at] = glyphs[code] if row[at] == " " else merge(row[at], glyphs[code], self.graph)
            cells.styles[top + y][at] = style


def merge(under: str, over: str, graph: Graph) -> str:
    """One glyph with the dots of both; in ascii the upper one."""
    if over == " " or under == " ":
        return under if over == " " else over
    if graph == "braille":
        return chr(_BRAILLE | (ord(under) - _BRAILLE) | (ord(over) - _BRAILLE))
    if graph == "block":
        return _QUADRANTS[_QUADRANTS.index(under) | _QUADRANTS.index(over)]
    return over
