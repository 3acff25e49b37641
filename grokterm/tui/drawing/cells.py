"""A rectangle of cells to write on, and the strips that it becomes."""

from __future__ import annotations

from collections.abc import Iterable

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

PLAIN = Style()


class Cells:
    """`height` rows of `width` cells, each a character one cell wide and a style."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = max(width, 0), max(height, 0)
        self.glyphs = [[" "] * self.width for _ in range(self.height)]
        self.styles = [[PLAIN] * self.width for _ in range(self.height)]

    def put(self, x: int, y: int, text: str, style: Style = PLAIN) -> None:
        """Writes text from cell (x, y) to the right; what lies outside is left out."""
        if not 0 <= y < self.height:
            return
        inside = narrow(text)[max(-x, 0) : max(self.width - x, 0)]
        if inside:
            start = max(x, 0)
            self.glyphs[y][start : start + len(inside)] = inside
            self.styles[y][start : start + len(inside)] = [style] * len(inside)

    def free(self, x: int, y: int, length: int) -> bool:
        """Whether `length` cells from (x, y) lie inside and are blank."""
        inside = 0 <= y < self.height and x >= 0 and x + length <= self.width
        return inside and all(glyph == " " for glyph in self.glyphs[y][x : x + length])

    def strips(self) -> list[Strip]:
        """The rows as strips, runs of one style merged."""
        return [
            Strip(_runs(glyphs, styles), self.width) for glyphs, styles in zip(self.glyphs, self.styles, strict=True)
        ]


def narrow(text: str) -> str:
    """Text with every character that is not one cell wide, or no character to print, as '?'."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() and cell_len(c) == 1 else "?" for c in text)


def row(parts: Iterable[tuple[str, Style]], width: int) -> Strip:
    """One strip of `width` cells from pieces of text, cut with an ellipsis where they are too long."""
    cells = Cells(width, 1)
    x = 0
    for text, style in parts:
        cells.put(x, 0, text, style)
        x += len(text)
    if x > width > 0:
        cells.glyphs[0][-1] = "…"
    return cells.strips()[0]


def _runs(glyphs: list[str], styles: list[Style]) -> list[Segment]:
    if not glyphs:
        return []
    text, segments = "".join(glyphs), list[Segment]()
    start, present = 0, styles[0]
    for at, style in enumerate(styles):
        if style is not present and style != present:
            segments.append(Segment(text[start:at], present))
            start, present = at, style
    segments.append(Segment(text[start:], present))
    return segments
