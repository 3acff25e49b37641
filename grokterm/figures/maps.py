"""Heat maps of figures: several of one kind share their axes, and their scale where it is the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.cm import ScalarMappable
from matplotlib.colors import LogNorm, Normalize
from matplotlib.ticker import NullLocator

from grokterm.drawn.parts import Heat, Side
from grokterm.figures.charts import numbers, written
from grokterm.figures.sheet import Box, Sheet, to_points
from grokterm.figures.style import TEXT, height_of, plain, width_of, wrapped

_GAP: Final = 0.1
_TICK: Final = 0.06
"""Room for a tick and what is between it and its number."""
_BAR: Final = 0.07
"""Width of the bar of a scale."""
_LEAST: Final = 0.7
_MOST: Final = 2.2
"""Width over height of a map whose points need not be as wide as high, at least and at most."""
_TALLEST: Final = 2.8
_TALLEST_OF_SEVERAL: Final = 2.2
_TALLEST_BRIEF: Final = 0.4
_LEAST_BRIEF: Final = 0.22
"""Heights of a map at most, alone, among others and among many, and of those at least."""
_MARK: Final = 0.2
"""Height of a scale for each of its numbers."""
_NAMES_AT_MOST: Final = 20
"""Rows up to which each has its name."""
_STEPS: Final = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000, 2500, 5000)


@dataclass(frozen=True)
class MapBlock:
    """Maps of one shape with the same sides, so many in a row."""

    heats: Sequence[Heat]
    columns: int = 1

    def height(self, width: float) -> float:
        """All rows, and the numbers below the last one."""
        wide, high = self._size(width)
        rows = -(-len(self.heats) // self.columns)
        return sum(self._above(wide, row) + high for row in range(rows)) + (rows - 1) * _GAP + self._below

    def draw(self, sheet: Sheet, box: Box) -> None:
        """Draws them."""
        wide, high = self._size(box.width)
        top = box.top
        for row in range(-(-len(self.heats) // self.columns)):
            above, first = self._above(wide, row), row * self.columns
            for column, heat in enumerate(self.heats[first : first + self.columns]):
                left = box.left + self._left + column * (wide + self._between)
                place = Box(left, top + above, wide, high)
                title = self._title(heat, wide)
                sheet.lines(Box(left, place.top - height_of(TEXT, len(title)) - 0.02, wide, 0.0), title, TEXT)
                self._map(sheet, place, heat, first + column)
            top += above + high + _GAP

    def _map(self, sheet: Sheet, place: Box, heat: Heat, at: int) -> None:
        axes = sheet.axes(place)
        shown = draw_map(axes, heat, sheet)
        outer = at % self.columns == 0 and not heat.brief
        _side(axes.yaxis, heat.down if outer else None, heat.values.shape[0], place.height, False)
        lowest = at + self.columns >= len(self.heats) and not heat.brief
        _side(axes.xaxis, heat.across if lowest else None, heat.values.shape[1], place.width, True)
        last = at % self.columns == self.columns - 1 or at == len(self.heats) - 1
        if heat.span.scale != "states" and (last or not self.shared):
            _bar(sheet, Box(place.left + place.width + 0.05, place.top, _BAR, place.height), shown, heat)

    def _size(self, width: float) -> tuple[float, float]:
        """Width and height of a map."""
        wide = (width - self._left - self._right - (self.columns - 1) * self._between) / self.columns
        first = self.heats[0]
        ratio = first.values.shape[1] / max(first.values.shape[0], 1)
        if first.brief:
            return wide, min(max(wide / ratio, _LEAST_BRIEF), _TALLEST_BRIEF)
        if not first.square:
            ratio = first.aspect or min(max(ratio, _LEAST), _MOST)
        high = wide / ratio
        if first.brief:
            return wide, min(wide / ratio, _TALLEST_BRIEF)
        if not first.square:
            high = max(high, width_of(plain(first.down.name), TEXT) + 0.05)
            if first.down.names and len(first.down.names) <= _NAMES_AT_MOST:
                high = max(high, len(first.down.names) * height_of(TEXT))
            return wide, min(high, _TALLEST)
        tallest = _TALLEST if self.columns == 1 else _TALLEST_OF_SEVERAL
        return (wide, high) if high <= tallest else (tallest * ratio, tallest)

    @cached_property
    def shared(self) -> bool:
        """Whether all maps have one scale."""
        found = {(*heat.span.ends(heat.values), heat.span.scale, heat.span.log) for heat in self.heats}
        return len(found) == 1

    @cached_property
    def _left(self) -> float:
        if self.heats[0].brief:
            return 0.0
        side = self.heats[0].down
        names = [name for _, name in _named(side, self.heats[0].values.shape[0], _NAMES_AT_MOST)]
        return max((width_of(plain(name), TEXT) for name in names), default=0.0) + _TICK + height_of(TEXT) + 0.02

    @cached_property
    def _right(self) -> float:
        if self.heats[0].span.scale == "states":
            return 0.02
        ends = [written(end, heat.span.log) for heat in self.heats for end in heat.span.ends(heat.values)]
        unit = height_of(TEXT) if any(heat.span.unit for heat in self.heats) else 0.0
        return 0.05 + _BAR + _TICK + max(max(width_of(each, TEXT) for each in ends), width_of("−0.25", TEXT)) + unit

    @property
    def _between(self) -> float:
        return _GAP if self.shared else self._right + 0.06

    @property
    def _below(self) -> float:
        return 0.02 if self.heats[0].brief else _TICK + 2 * height_of(TEXT)

    def _above(self, wide: float, row: int) -> float:
        shown = self.heats[row * self.columns : (row + 1) * self.columns]
        lines = max(len(self._title(heat, wide)) for heat in shown)
        return height_of(TEXT, lines) + 0.02 if lines else 0.04

    def _title(self, heat: Heat, wide: float) -> list[str]:
        return wrapped(plain(heat.title), TEXT, wide + (self._between - _GAP))


def alike(one: Heat, other: Heat) -> bool:
    """Whether two maps can share their axes."""
    same = one.values.shape == other.values.shape and (one.square, one.aspect) == (other.square, other.aspect)
    return same and _key(one.down) == _key(other.down) and _key(one.across) == _key(other.across)


def draw_map(axes: Axes, heat: Heat, sheet: Sheet) -> ScalarMappable:
    """The points of a map; those that are no number in the colour of the background."""
    values = np.ma.masked_invalid(heat.values.astype(np.float64))
    low, high = heat.span.ends(heat.values)
    if heat.span.log:
        values = np.ma.masked_less_equal(values, 0)
    norm: Normalize = LogNorm(low, high, clip=True) if heat.span.log else Normalize(low, high, clip=True)
    colors = sheet.style.scale(heat.span.scale).with_extremes(bad=sheet.style.color("background"))
    shown = axes.imshow(values, cmap=colors, norm=norm, aspect="auto")
    for spine in axes.spines.values():
        spine.set_visible(True)
        spine.set_color(sheet.style.color("border"))
    return shown


def _key(side: Side) -> tuple[Any, ...]:
    return (side.name, tuple(side.names or ()), side.first, side.backwards, side.every)


def _side(axis: Axis, side: Side | None, count: int, room: float, across: bool) -> None:
    """Numbers or names at a side of a map; none at one that another map has them for."""
    axis.set_minor_locator(NullLocator())
    if side is None:
        axis.set_major_locator(NullLocator())
        return
    if across:
        widest = max((width_of(plain(name), TEXT) for _, name in _named(side, count, count)), default=0.1)
        most = max(int(room / (widest + 0.05)), 1)
    else:
        most = min(max(int(room / height_of(TEXT)), 1), _NAMES_AT_MOST)
    shown = _named(side, count, min(most, count) if side.names else min(most, 6))
    axis.set_ticks([place for place, _ in shown], [plain(name) for _, name in shown])
    axis.set_label_text(plain(side.name))


def _named(side: Side, count: int, most: int) -> list[tuple[int, str]]:
    """Places and what stands at them: round numbers, or names, all of them or evenly spread."""
    if side.names is not None:
        stride = -(-count // max(most, 1))
        return [(at, side.names[at]) for at in range(0, min(count, len(side.names)), stride)]
    step = -side.every if side.backwards else side.every
    values = [side.first + at * step for at in range(count)]
    apart = next((each for each in _STEPS if max(values) / each < most), _STEPS[-1])
    return [(at, f"{value:,}") for at, value in enumerate(values) if value % apart == 0] or [(0, f"{values[0]:,}")]


def _bar(sheet: Sheet, box: Box, shown: ScalarMappable, heat: Heat) -> None:
    """The scale beside a map."""
    high = min(box.height, 1.3)
    axes = sheet.axes(Box(box.left, box.top + (box.height - high) / 2, box.width, high))
    bar = sheet.figure.colorbar(shown, cax=axes)
    bar.outline.set_visible(False)
    numbers(bar.ax.yaxis, max(min(int(high / _MARK), 5), 1), heat.span.log)
    if heat.span.unit and not heat.brief:
        bar.ax.set_ylabel(plain(heat.span.unit), labelpad=to_points(0.03))
