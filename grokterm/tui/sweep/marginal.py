"""Steps to grok against one setting: medians with error bars, the line of a power law, and sentences below."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from rich.style import Style
from textual.strip import Strip

from grokterm.sweeps.plan import short_name
from grokterm.sweeps.summaries import Marginal
from grokterm.tui.drawing.cells import Cells
from grokterm.tui.drawing.dots import DOTS, Dots
from grokterm.tui.drawing.plot_area import GUTTER, Axes, PlotArea, draw_axes
from grokterm.tui.drawing.scales import Scale, short, value_scale
from grokterm.tui.sweep.words import value_word
from grokterm.tui.theme import Palette
from grokterm.view_options import Graph

_LOG_FROM: Final = 4.0
"""Ratio of the largest to the smallest value from which the axis of the setting is logarithmic."""
_LEAST: Final = (24, 6)
_FIXED: Final = "\u00a0"
_BOLD: Final = Style(bold=True)
_SENTENCES: Final = 0.4
"""Share of the height that sentences take at most."""


def draw_marginal(
    marginal: Marginal,
    law: Callable[[float], float] | None,
    sentences: Sequence[str],
    budget: float,
    width: int,
    height: int,
    graph: Graph,
    palette: Palette,
) -> list[Strip]:
    """Medians and 10–90 % bars on log axes, `law` as a line, as `height` strips of `width` cells.

    A median beyond the `budget` stands as an arrow at the upper edge, and so does the end of a bar.
    """
    cells = Cells(width, height)
    lines = _wrapped(sentences, width, height, graph)
    plot_height = height - len(lines)
    for y, line in enumerate(lines, start=plot_height):
        cells.put(0, y, line, palette.style("text"))
    if width < _LEAST[0] or plot_height < _LEAST[1] or not marginal.values:
        return cells.strips()
    area = _area(marginal, budget, width, plot_height, DOTS[graph][1])
    columns = _columns(marginal, area)
    draw_axes(cells, area, Axes(log_y=True, across=short_name(marginal.name)), DOTS[graph][1], graph, palette)
    if not _are_numbers(marginal) or not area.x.log:
        _words(cells, area, marginal, columns, palette)
    for at, x in enumerate(columns):
        _bar(cells, area, marginal, at, x, graph, palette)
    for at, x in enumerate(columns):
        _numbers(cells, area, marginal, at, x, DOTS[graph][1], palette)
    if law is not None and area.x.high > area.x.low > 0:
        _line(cells, area, law, graph, palette)
    return cells.strips()


def _wrapped(sentences: Sequence[str], width: int, height: int, graph: Graph) -> list[str]:
    """Whole sentences as they find room; the first one, where it is alone too long, with its end cut off."""
    room, cut = max(int(height * _SENTENCES), 1 if height >= 2 else 0), "..." if graph == "ascii" else "…"
    lines: list[str] = []
    for sentence in sentences:
        found = [
            line.replace(_FIXED, " ") for line in textwrap.wrap(sentence.replace(" %", f"{_FIXED}%"), max(width, 1))
        ]
        if len(lines) + len(found) <= room:
            lines += found
        elif not lines and room:
            return [*found[: room - 1], found[room - 1][: max(width - len(cut), 0)] + cut]
    return lines


def _are_numbers(marginal: Marginal) -> bool:
    return all(isinstance(value, (int, float)) and not isinstance(value, bool) for value in marginal.values)


def _area(marginal: Marginal, budget: float, width: int, height: int, down: int) -> PlotArea:
    """The plot, without the line below it for the values."""
    ends = np.concatenate([marginal.median, marginal.low, marginal.high])
    finite = ends[np.isfinite(ends)]
    y = value_scale(finite if finite.size else np.array([budget]), log=True)
    if y.high / y.low < 10:
        middle = math.sqrt(y.low * y.high)
        y = value_scale(np.array([middle / 3, middle * 3]), log=True)
    rows = max(height - 1, 1)
    if rows > 2:  # the uppermost row is for what lies beyond the budget
        y = Scale(y.low, y.high * (y.high / y.low) ** (1 / (rows - 1)), log=True)
    return PlotArea(GUTTER, max(width - GUTTER - 1, 1), rows, _across(marginal), y)


def _across(marginal: Marginal) -> Scale:
    """The axis of the setting, with some room beside the outermost values; words stand one beside the other."""
    if not _are_numbers(marginal):
        return Scale(-0.5, len(marginal.values) - 0.5)
    values = [float(value) for value in marginal.values]
    low, high = min(values), max(values)
    if low > 0 and high / low >= _LOG_FROM:
        room = (high / low) ** 0.06
        return Scale(low / room, high * room, log=True)
    room = 0.06 * (high - low) or 0.5 * abs(high) or 0.5
    return Scale(low - room, high + room)


def _columns(marginal: Marginal, area: PlotArea) -> list[int]:
    if not _are_numbers(marginal):
        return [area.column(at) for at in range(len(marginal.values))]
    return [area.column(float(value)) for value in marginal.values]


def _line(cells: Cells, area: PlotArea, law: Callable[[float], float], graph: Graph, palette: Palette) -> None:
    """The law as a line of dots on the cells that are still blank."""
    places = np.linspace(0.0, 1.0, 2 * area.width)
    low, high = area.x.low, area.x.high
    values = low * (high / low) ** places if area.x.log else low + (high - low) * places
    steps = np.array([law(float(value)) if value > 0 else np.nan for value in values])
    with np.errstate(divide="ignore", invalid="ignore"):
        share = (np.log(steps) - math.log(area.y.low)) / (math.log(area.y.high) - math.log(area.y.low))
    dots = Dots(area.width, area.height, graph)
    dots.line(np.stack([places * area.width, (1 - share) * area.height], -1))
    behind = Cells(cells.width, cells.height)
    dots.paint(behind, area.left, 0, palette.style("bar"), ".")
    for y, row in enumerate(behind.glyphs):
        for x, glyph in enumerate(row):
            if glyph != " " and cells.glyphs[y][x] == " ":
                cells.put(x, y, glyph, behind.styles[y][x])


def _words(cells: Cells, area: PlotArea, marginal: Marginal, columns: Sequence[int], palette: Palette) -> None:
    """The values below the plot, in place of round numbers: words cut to their room, numbers where they find one."""
    y, are_numbers = area.height, _are_numbers(marginal)
    cells.put(area.left - 1, y, " " * (cells.width - area.left + 1))
    for value, x in zip(marginal.values, columns, strict=True):
        text = value_word(value) if are_numbers else value_word(value)[: max(area.width // len(columns) - 1, 1)]
        start = min(max(area.left, x - len(text) // 2), cells.width - len(text))
        if not are_numbers or cells.free(start - 1, y, len(text) + 1):
            cells.put(start, y, text, palette.style("muted"))
    name = short_name(marginal.name)
    if are_numbers and cells.free(cells.width - len(name) - 1, y, len(name) + 1):
        cells.put(cells.width - len(name), y, name, palette.style("muted"))


def _bar(cells: Cells, area: PlotArea, marginal: Marginal, at: int, x: int, graph: Graph, palette: Palette) -> None:
    """A median with its bar."""
    down, ascii_only = DOTS[graph][1], graph == "ascii"
    low, median, high = (float(ends[at]) for ends in (marginal.low, marginal.median, marginal.high))
    style = palette.style("test")
    top, bottom = (0 if math.isinf(end) else area.row(end, down) for end in (high, low))
    line, upper, lower = ("|", "-", "-") if ascii_only else ("│", "┬", "┴")
    for y in range(top, bottom + 1):
        cells.put(x, y, line, style)
    if bottom > top:
        cells.put(x, bottom, lower, style)
        cells.put(x, top, ("^" if ascii_only else "↑") if math.isinf(high) else upper, style)
    if math.isinf(median):
        cells.put(x, 0, "^" if ascii_only else "▲", palette.style("wrong") + _BOLD)
    else:
        cells.put(x, area.row(median, down), "o" if ascii_only else "●", style + _BOLD)


def _numbers(cells: Cells, area: PlotArea, marginal: Marginal, at: int, x: int, down: int, palette: Palette) -> None:
    """The median, and how many runs grokked where not all did, where there is room."""
    median = float(marginal.median[at])
    if math.isfinite(median):
        _beside(cells, area, x, area.row(median, down), short(median), palette)
    if marginal.grokked[at] < marginal.ended[at]:
        _beside(cells, area, x, 0, f"{marginal.grokked[at]}/{marginal.ended[at]}", palette)


def _beside(cells: Cells, area: PlotArea, x: int, y: int, text: str, palette: Palette) -> None:
    """A few words right of a place, else left of it, where they touch nothing."""
    for start in (x + 2, x - 1 - len(text)):
        if (
            area.left <= start
            and start + len(text) <= area.left + area.width
            and cells.free(start - 1, y, len(text) + 1)
        ):
            cells.put(start, y, text, palette.style("muted"))
            return
