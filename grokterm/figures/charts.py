"""Charts and bars of figures."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.colors import to_rgb
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from grokterm.drawn.parts import Bars, Chart, Line, Values
from grokterm.figures.sheet import Box, Key, Keys, Sheet
from grokterm.figures.style import NAME, SMALL, TEXT, THIN, Style, height_of, width_of, wrapped
from grokterm.tui.drawing.scales import LARGEST

LEFT: Final = 0.4
"""Room for the numbers of the vertical axis: the same in all figures, so that they align below each other."""
RIGHT: Final = 0.08
_UNDER: Final = 0.17
"""Room for the numbers of the horizontal axis."""
_BODY: Final = 1.15
_LOW: Final = 0.85
"""Heights of a chart, and of bars."""
_BAND: Final = 0.13
"""How strong the colour of a phase is behind curves."""
_NUMBERED: Final = 3
"""Powers of ten that are written out, up and down."""
_RAISED: Final = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
_NEAR: Final = 0.2
"""How far colours are apart at most that are hard to tell apart, of each of red, green and blue."""
_MOST_DECADES: Final = 12
"""Decades of an axis at most, so that one value near 0 does not flatten the rest."""
_DECADES: Final = 2.0
"""Decades of an axis below which not only powers of ten are written at it."""
_MANY: Final = 60
"""Points of a curve beyond which none is a dot."""


@dataclass(frozen=True, slots=True)
class ChartBlock:
    """A chart under its title and its legend."""

    chart: Chart
    named: bool = True
    """Whether it says what the horizontal axis is: not above another one with the same axis."""

    def height(self, width: float) -> float:
        """Title, legend, marks, curves and axis."""
        return self._above(width) + _BODY + _UNDER + (height_of(TEXT) if self.named else 0.0)

    def draw(self, sheet: Sheet, box: Box) -> None:
        """Draws it."""
        inside = box.width - LEFT - RIGHT
        title = wrapped(self.chart.title, NAME, inside)
        sheet.lines(box.inner(left=LEFT), title, NAME)
        chart = _told_apart(self.chart, sheet.style)
        keys = Keys([Key(line.name, line.color, True, line.dashed) for line in chart.lines])
        keys.draw(sheet, Box(box.left + LEFT, box.top + height_of(NAME, len(title)), inside, 0.0))
        axes = sheet.axes(Box(box.left + LEFT, box.top + self._above(box.width), inside, _BODY))
        _curves(axes, chart, sheet)
        _marks(axes, self.chart, sheet, inside)
        if self.named:
            axes.set_xlabel(self.chart.look.unit)

    def _above(self, width: float) -> float:
        inside = width - LEFT - RIGHT
        title = height_of(NAME, len(wrapped(self.chart.title, NAME, inside)))
        marks = height_of(SMALL) if any(mark.words for mark in self.chart.marks) else 0.04
        return title + self._keys().height(inside) + marks

    def _keys(self) -> Keys:
        return Keys([Key(line.name, line.color, True, line.dashed) for line in self.chart.known])


@dataclass(frozen=True, slots=True)
class BarsBlock:
    """Bars under their title and the names of their levels."""

    bars: Bars

    def height(self, width: float) -> float:
        """Title, levels, bars and axis."""
        return self._above(width) + _LOW + _UNDER + height_of(TEXT)

    def draw(self, sheet: Sheet, box: Box) -> None:
        """Draws them."""
        bars, inside = self.bars, box.width - LEFT - RIGHT
        title = wrapped(bars.title, NAME, inside)
        sheet.lines(box.inner(left=LEFT), title, NAME)
        self._keys().draw(sheet, Box(box.left + LEFT, box.top + height_of(NAME, len(title)), inside, 0.0))
        axes = sheet.axes(Box(box.left + LEFT, box.top + self._above(box.width), inside, _LOW))
        heights = bars.heights.astype(np.float64)
        lit = {int(k) for k in bars.keys}
        colors = [sheet.style.color("key" if k in lit else "bar") for k in range(1, heights.size + 1)]
        axes.bar(np.arange(1, heights.size + 1), np.nan_to_num(heights), width=0.8, color=colors, linewidth=0)
        for _, level, color in self._levels():
            axes.axhline(level, color=sheet.style.color(color), linewidth=THIN, linestyle=(0, (3, 2)))
        axes.set_xlim(0.4, max(heights.size, 1) + 0.6)
        axes.set_xlabel(bars.unit)
        numbers(axes.yaxis, 4)
        if bars.names:
            fit = _fitting(bars.names, inside)
            axes.set_xticks(range(1, heights.size + 1, fit), list(bars.names)[::fit])
        else:
            axes.xaxis.set_major_locator(MaxNLocator(8, integer=True, min_n_ticks=1))

    def _above(self, width: float) -> float:
        inside = width - LEFT - RIGHT
        return height_of(NAME, len(wrapped(self.bars.title, NAME, inside))) + self._keys().height(inside) + 0.04

    def _levels(self) -> list[tuple[str, float, str]]:
        return [each for each in self.bars.levels if np.isfinite(each[1])]

    def _keys(self) -> Keys:
        return Keys([Key(f"{words} {level:.3g}", color, True, True) for words, level, color in self._levels()])


def numbers(axis: Axis, most: int, log: bool = False) -> None:
    """Round numbers at an axis, as few as are needed."""
    low, high = sorted(axis.get_view_interval())
    few = log and low > 0 and math.log10(high / low) < _DECADES
    rising = LogLocator(subs=(1, 2, 5) if few else (1,), numticks=most)
    axis.set_major_locator(rising if log else MaxNLocator(most, steps=[1, 2, 2.5, 5, 10]))
    axis.set_minor_locator(NullLocator())
    axis.set_major_formatter(FuncFormatter(lambda value, _: written(value, log)))


def written(value: float, log: bool = False) -> str:
    """A number at an axis: 250, 2,500, 0.01, 10⁻⁴."""
    if value == 0 or not math.isfinite(value):
        return "0"
    power = math.floor(math.log10(abs(value)) + 1e-9)
    if (log and abs(power) > _NUMBERED) or abs(power) > 2 * _NUMBERED:
        factor = round(value / 10.0**power, 2)
        raised = f"10{str(power).translate(_RAISED)}"
        return raised if factor == 1 else f"{factor:g}·{raised}".replace("-", "−")
    text = f"{value:,.0f}" if value == int(value) else f"{value:,.6g}"
    return text.replace("-", "−")


def _told_apart(chart: Chart, style: Style) -> Chart:
    """The same with those curves dashed whose colour is hardly another than that of one before."""
    found: list[Line] = []
    for line in chart.known:
        own = np.array(to_rgb(style.color(line.color)))
        near = any(np.abs(own - to_rgb(style.color(other.color))).max() < _NEAR for other in found if not other.dashed)
        found.append(replace(line, dashed=line.dashed or near))
    return replace(chart, lines=found)


def _curves(axes: Axes, chart: Chart, sheet: Sheet) -> None:
    look, color = chart.look, sheet.style.color
    for stretch in chart.bands:
        axes.axvspan(stretch.start, stretch.end, color=color(stretch.color), alpha=_BAND, linewidth=0)
    for line in chart.known:
        x, y = line.x.astype(np.float64), _finite(line.y)
        if line.band is not None:
            low, high = (end.astype(np.float64) for end in line.band)
            axes.fill_between(x, low, high, color=color(line.color), alpha=0.18, linewidth=0)
        axes.plot(x, y, color=color(line.color), label=line.name, **_drawn(line))
    log_y = look.log_y and any((_finite(line.y) > 0).any() for line in chart.known)
    if log_y:
        axes.set_yscale("log", nonpositive="mask")
        bottom, top = axes.get_ylim()
        axes.set_ylim(max(bottom, top * 10.0**-_MOST_DECADES), top)
    if look.log_x and any((line.x > 0).any() for line in chart.known):
        axes.set_xscale("log")
    else:
        last = max(float(np.nanmax(line.x, initial=0.0)) for line in chart.known)
        axes.set_xlim(0, last or 1.0)
    numbers(axes.xaxis, 6, axes.get_xscale() == "log")
    if look.percent and not look.log_y:
        axes.set_ylim(min(-0.02, axes.get_ylim()[0]), 1.02)
        axes.yaxis.set_major_locator(FixedLocator([0, 0.25, 0.5, 0.75, 1]))
        axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{100 * value:.0f} %"))
        return
    numbers(axes.yaxis, 5, log_y)
    if not log_y and min(float(np.nanmin(_finite(line.y))) for line in chart.known) >= 0:
        axes.set_ylim(0, axes.get_ylim()[1])


def _finite(values: Values) -> Values:
    """The same with NaN for what is not finite, and none larger than what an axis can hold."""
    numbers = values.astype(np.float64)
    return np.clip(np.where(np.isfinite(numbers), numbers, np.nan), -LARGEST, LARGEST)


def _drawn(line: Line) -> dict[str, Any]:
    """How a curve is drawn."""
    dots = (line.points and line.x.size <= _MANY) or np.isfinite(line.y.astype(np.float64)).sum() == 1
    return {
        "alpha": 0.45 if line.faint else 1.0,
        "linestyle": (0, (3, 2)) if line.dashed else "-",
        "marker": "o" if dots else "",
        "markersize": 2.2,
        "clip_on": not dots,
    }


def _marks(axes: Axes, chart: Chart, sheet: Sheet, width: float) -> None:
    """Lines at what happened, each with its words above it where they stand free."""
    low, high = axes.get_xlim()
    end = -math.inf
    for mark in chart.marks:
        color = sheet.style.color(mark.color)
        axes.axvline(mark.x, color=color, linewidth=THIN, linestyle=(0, (1, 1.5)), zorder=0)
        half, place = width_of(mark.words, SMALL) / 2, width * (mark.x - low) / (high - low)
        middle = min(max(place, half), width - half)
        if mark.words and not chart.look.log_x and middle - half > end:
            axes.text(
                middle / width, 1.02, mark.words, transform=axes.transAxes, ha="center", fontsize=SMALL, color=color
            )
            end = middle + half + 0.04


def _fitting(names: Sequence[str], width: float) -> int:
    """Every how many-th name there is room for."""
    widest = max(width_of(name, TEXT) for name in names) + 0.05
    return max(math.ceil(widest * len(names) / width), 1)
