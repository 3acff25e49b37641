"""Tables of figures: rules above, below and under the head, as in papers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from grokterm.drawn.parts import Table
from grokterm.figures.sheet import Box, Sheet
from grokterm.figures.style import TEXT, height_of, plain, width_of, wrapped

_ROW: Final = 1.15
"""Height of a row in lines of text."""
_PAD: Final = 0.03
_APART: Final = 0.14


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table."""

    table: Table

    def height(self, width: float) -> float:
        """Head, rows and rules."""
        lines = max(len(each) for each in self._head())
        return height_of(TEXT, lines) + len(self.table.rows) * _ROW * height_of(TEXT) + 4 * _PAD

    def draw(self, sheet: Sheet, box: Box) -> None:
        """Writes it, as wide as it has to be."""
        head, widths = self._head(), self._widths()
        whole = min(sum(widths) + _APART * (len(widths) - 1), box.width)
        lines = max(len(each) for each in head)
        sheet.rule(box.left, box.top, whole, "text", linewidth=0.7)
        under = box.top + height_of(TEXT, lines) + 2 * _PAD
        for at, each in enumerate(head):
            start = box.top + _PAD + height_of(TEXT, lines - len(each))
            for line, words in enumerate(each):
                self._cell(sheet, box.left, start + line * height_of(TEXT), at, words, "muted")
        sheet.rule(box.left, under, whole, "muted", linewidth=0.4)
        top = under + _PAD
        for row in self.table.rows:
            for at, words in enumerate(row):
                self._cell(sheet, box.left, top, at, words, "text")
            top += _ROW * height_of(TEXT)
        sheet.rule(box.left, top + _PAD, whole, "text", linewidth=0.7)

    def _cell(self, sheet: Sheet, left: float, top: float, at: int, words: str, color: str) -> None:
        widths = self._widths()
        start = left + sum(widths[:at]) + at * _APART
        if at in self.table.numbers:
            sheet.text(start + widths[at], top, words, color=color, ha="right")
        else:
            sheet.text(start, top, words, color=color)

    def _head(self) -> list[list[str]]:
        return [wrapped(plain(words), TEXT, 0.62) or [""] for words in self.table.head]

    def _widths(self) -> list[float]:
        return [
            max(width_of(plain(words), TEXT) for words in (*head, *(row[at] for row in self.table.rows)))
            for at, head in enumerate(self._head())
        ]
