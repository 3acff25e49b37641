"""The sheet that a figure is drawn on: places in inches from its upper left corner."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Rectangle

from grokterm.figures.style import NAME, POINTS, TEXT, Style, height_of, plain, width_of, wrapped

_SWATCH = 0.09
_SAMPLE = 0.16
_APART = 0.12


@dataclass(frozen=True, slots=True)
class Box:
    """A place on the sheet."""

    left: float
    top: float
    width: float
    height: float

    def inner(self, left: float = 0.0, top: float = 0.0, right: float = 0.0, bottom: float = 0.0) -> Box:
        """What is left of it without margins."""
        return Box(self.left + left, self.top + top, self.width - left - right, self.height - top - bottom)


class Block(Protocol):
    """Something that stands on a sheet as wide as it is given room."""

    def height(self, width: float) -> float:
        """How high it is then."""

    def draw(self, sheet: Sheet, box: Box) -> None:
        """Draws it."""


class Sheet:
    """A figure of a size, in a style."""

    def __init__(self, width: float, height: float, style: Style) -> None:
        self.style = style
        self.figure = Figure(figsize=(width, height))
        self._width, self._height = width, height

    def axes(self, box: Box, **chosen: Any) -> Axes:
        """Axes that fill a box."""
        place = (
            box.left / self._width,
            1 - (box.top + box.height) / self._height,
            box.width / self._width,
            box.height / self._height,
        )
        return self.figure.add_axes(place, **chosen)

    def text(self, left: float, top: float, words: str, size: float = TEXT, color: str = "text", **chosen: Any) -> None:
        """A line whose capitals are about in the middle of its height."""
        middle = top + height_of(size) / 2
        given = {"va": "center_baseline", **chosen}
        self.figure.text(
            left / self._width,
            1 - middle / self._height,
            plain(words),
            fontsize=size,
            color=self.style.color(color),
            **given,
        )

    def lines(self, box: Box, lines: Sequence[str], size: float, **chosen: Any) -> None:
        """Lines below each other, from the top of a box."""
        for at, line in enumerate(lines):
            self.text(box.left, box.top + at * height_of(size), line, size, **chosen)

    def block(self, left: float, top: float, color: str, size: float = _SWATCH) -> None:
        """A block of a colour beside a line of text."""
        middle = top + height_of(TEXT) / 2
        place = (left / self._width, 1 - (middle + size / 2) / self._height)
        self.figure.add_artist(
            Rectangle(place, size / self._width, size / self._height, color=self.style.color(color), linewidth=0)
        )

    def rule(self, left: float, top: float, width: float, color: str, **chosen: Any) -> None:
        """A line across, from a place on."""
        ends = [left / self._width, (left + width) / self._width]
        level = 1 - top / self._height
        self.figure.add_artist(Line2D(ends, [level, level], color=self.style.color(color), **chosen))


@dataclass(frozen=True, slots=True)
class Title:
    """The title of what follows."""

    words: str

    def height(self, width: float) -> float:
        """Its lines, and a little room above."""
        return height_of(NAME, len(wrapped(self.words, NAME, width))) + 0.03

    def draw(self, sheet: Sheet, box: Box) -> None:
        """Writes it."""
        sheet.lines(box.inner(top=0.03), wrapped(self.words, NAME, box.width), NAME)


@dataclass(frozen=True, slots=True)
class Key:
    """An entry of a legend: its words, its colour, and how it is drawn."""

    words: str
    color: str
    line: bool = False
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Keys:
    """A legend as a line of entries, or as many lines as it needs."""

    keys: Sequence[Key]

    def height(self, width: float) -> float:
        """Its lines."""
        return height_of(TEXT, 1 + max((row for row, _, _ in self._placed(width)), default=-1)) + 0.02

    def draw(self, sheet: Sheet, box: Box) -> None:
        """Writes every entry after a bit of what it means."""
        for row, left, key in self._placed(box.width):
            top, start = box.top + row * height_of(TEXT), box.left + left
            if key.line:
                middle, style = top + height_of(TEXT) / 2, (0, (3, 2)) if key.dashed else "-"
                sheet.rule(start, middle, _SAMPLE, key.color, linewidth=1.1, linestyle=style)
            else:
                sheet.block(start, top, key.color)
            sheet.text(start + self._sample(key), top, key.words)

    def _sample(self, key: Key) -> float:
        """From where an entry begins to its words."""
        return (_SAMPLE if key.line else _SWATCH) + 0.04

    def _placed(self, width: float) -> list[tuple[int, float, Key]]:
        """The line of each entry and where it begins there."""
        found, row, left = [], 0, 0.0
        for key in self.keys:
            wide = self._sample(key) + width_of(plain(key.words), TEXT)
            if left and left + wide > width:
                row, left = row + 1, 0.0
            found.append((row, left, key))
            left += wide + _APART
        return found


def to_points(inches: float) -> float:
    """Inches as points."""
    return inches * POINTS
