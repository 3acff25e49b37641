"""How a tile of the phase diagram looks: a letter or digit, a few words where there is room, and a colour."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import numpy as np
from rich.color import Color
from rich.style import Style

from grokterm.sweeps.summaries import SUMMARY, CellSummary, MeasureName
from grokterm.tui.drawing.heat import LEVELS, blended, level_color
from grokterm.tui.drawing.scales import Scale, short
from grokterm.tui.sweep.tiles import Standing, Tile
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph
from grokterm.wire.swept import SweptPhase

LETTERS: Final[dict[SweptPhase, str]] = {
    "comprehension": "C",
    "grokking": "G",
    "memorization": "M",
    "confusion": "F",
}
"""The letter of each phase; a small one where not all seeds agree."""
PHASE_COLORS: Final[dict[SweptPhase, str]] = {
    "comprehension": "grokked",
    "grokking": "generalizing",
    "memorization": "memorizing",
    "confusion": "muted",
}
STANDINGS: Final[dict[Standing, tuple[str, str, str]]] = {
    "waiting": ("·", ".", "muted"),
    "running": ("◌", "o", "accent"),
    "failed": ("✕", "x", "error"),
    "left out": ("–", "-", "border"),
}
"""The glyph of what is not known yet, that in ascii, and its colour."""
NEVER: Final = {False: "∞", True: "*"}
"""Where half of the runs or more never grokked, and in ascii."""
DIGITS: Final = 10
_LEAST_LEVEL: Final = 2
"""The level of the lowest digit: above that of the background."""
_GROUND: Final = 0.42
"""How much of its colour the ground of a tile has."""
_FAINT: Final = 0.16
_SHADES: Final = {False: " ░▒▓█", True: " .:*#"}


@dataclass(frozen=True, slots=True)
class Coloring:
    """By which measure tiles are coloured, and the ends of its scale."""

    name: MeasureName
    low: float = 0.0
    high: float = 1.0
    log: bool = False

    @property
    def words(self) -> str:
        """What the measure is."""
        return SUMMARY[self.name].words

    def digit(self, value: float) -> int:
        """The step of the scale in which a value lies, 0 to 9."""
        if not self.low < self.high:
            return 0
        place = float(Scale(self.low, self.high, self.log).place(np.array([value]))[0])
        return min(int(place * DIGITS), DIGITS - 1)


def coloring_of(name: MeasureName, summaries: Iterable[CellSummary]) -> Coloring:
    """The colours for a measure: its own bounds, or from the smallest value to the largest."""
    measure = SUMMARY[name]
    if name == "phase":
        return Coloring(name)
    if measure.bounds is not None:
        return Coloring(name, *measure.bounds)
    values = [value for summary in summaries if math.isfinite(value := float(getattr(summary, name)))]
    if not values:
        return Coloring(name)
    low, high = min(values), max(values)
    return Coloring(name, low, high, measure.log and low > 0)


@dataclass(frozen=True, slots=True)
class Look:
    """A tile: its letter, the words of its value, and its styles."""

    letter: str
    words: str
    """The letter with the value, for tiles that have room."""
    shade: str
    """What fills it where colours are few."""
    text: Style
    fill: Style


def look_of(tile: Tile, coloring: Coloring, graph: Graph, palette: Palette) -> Look:
    """How a tile looks."""
    ascii_only = graph == "ascii"
    summary = tile.summary
    if tile.standing != "known" or summary is None:
        glyph, plain, color = STANDINGS[tile.standing if tile.standing != "known" else "waiting"]
        style = palette.style(color)
        return Look(plain if ascii_only else glyph, "", " ", style, Style())
    if coloring.name == "phase":
        return _of_phase(tile, summary, palette)
    value = float(getattr(summary, coloring.name))
    if math.isnan(value):
        return Look("?", "", " ", palette.style("muted"), Style())
    if math.isinf(value):
        letter = NEVER[ascii_only]
        return Look(letter, f"{letter} never", " ", *_styles("wrong", 0, palette))
    digit = coloring.digit(value)
    shade = _SHADES[ascii_only][round(digit / (DIGITS - 1) * 4)] if palette.depth != "truecolor" else " "
    return Look(str(digit), _words(coloring.name, summary, value), shade, *_styles("", digit, palette))


def mark_of(tile: Tile, graph: Graph) -> str:
    """What is to be seen beside the letter of a tile: that some of its runs failed, train, or wait; else nothing."""
    if tile.standing != "known" or not (tile.failed or tile.ended < tile.runs):
        return ""
    standing: Standing = "failed" if tile.failed else "running" if tile.trains else "waiting"
    glyph, plain, _ = STANDINGS[standing]
    return plain if graph == "ascii" else glyph


def _of_phase(tile: Tile, summary: CellSummary, palette: Palette) -> Look:
    phase = summary.phase or "confusion"
    letter = LETTERS[phase] if tile.agrees else LETTERS[phase].lower()
    words = f"{letter} {short(summary.steps)}" if math.isfinite(summary.steps) else letter
    return Look(letter, words, " ", *_styles(PHASE_COLORS[phase], -1, palette))


def _words(name: MeasureName, summary: CellSummary, value: float) -> str:
    if name == "share":
        return f"{summary.grokked}/{summary.ended}"
    if name == "test_accuracy":
        return f"{100 * value:.0f} %"
    return short(value) if name == "steps" else f"{value:.2f}"


@lru_cache(maxsize=256)
def _styles(color: str, digit: int, palette: Palette) -> tuple[Style, Style]:
    """The styles of a tile's words and of its ground: a named colour, or a step of the scale."""
    if palette.depth != "truecolor":
        style = palette.style(color or "key") + Style(bold=True)
        return style, style
    back: Color | None
    if color:
        back = blended("background", color, _FAINT if digit == 0 else _GROUND, palette)
    else:
        back = level_color(round(_LEAST_LEVEL + digit * (LEVELS - _LEAST_LEVEL) / (DIGITS - 1)), "rising", palette)
    # One style for both, so that neighbours that look alike are one piece of output.
    style = Style(color=_ink_on(back, palette), bgcolor=back, bold=True)
    return style, style


def _ink_on(back: Color | None, palette: Palette) -> Color | None:
    """The text's or the background's colour, whichever is farther from a ground in brightness."""
    inks: list[Color | None] = [palette.style(name).color for name in ("text", "background")]
    if back is None:
        return inks[0]
    ground = _brightness(back)
    return max(inks, key=lambda ink: abs(_brightness(ink or Color.default()) - ground))


def _brightness(color: Color) -> float:
    red, green, blue = color.get_truecolor()
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
