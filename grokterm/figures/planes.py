"""Planes and clocks of figures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle

from grokterm.drawn.parts import RING, Clock, Plane, Values
from grokterm.figures.charts import LEFT, numbers
from grokterm.figures.sheet import Box, Sheet
from grokterm.figures.style import SMALL, TEXT, THIN, height_of, plain, width_of, wrapped

_EDGE: Final = 0.16
"""Room around the points for their names, in inches."""
_AWAY: Final = 0.035
"""From a point to its name."""
_TALLEST: Final = 2.6
_FLAT: Final = 0.75
"""Height over width of a plane whose axes have scales of their own."""
_SIDES: Final = tuple(np.array(side) for side in ((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)))
_MANY: Final = 1000
"""Points from which none has a name."""


@dataclass(frozen=True, slots=True)
class PlaneBlock:
    """Points of a plane under its title."""

    plane: Plane

    def height(self, width: float) -> float:
        """Title, plane, and the names of its axes."""
        return height_of(TEXT) + self._room(width)[1] + self._under

    def draw(self, sheet: Sheet, box: Box) -> None:
        """Draws it."""
        wide, high = self._room(box.width)
        place = Box(box.left + self._left, box.top + height_of(TEXT), wide, high)
        words = f"{self.plane.title}, {self.plane.words}" if self.plane.words else self.plane.title
        sheet.lines(Box(place.left, box.top, wide, 0.0), wrapped(plain(words), TEXT, wide)[:1], TEXT)
        axes = sheet.axes(place)
        every = self.plane.points if self.plane.way is None else np.concatenate([self.plane.points, self.plane.way])
        known = every[np.isfinite(every).all(-1)].astype(np.float64)
        if len(known):
            _limits(axes, known, self.plane.equal, wide, high)
            self._points(axes, sheet, wide, high)
        self._axes(axes, sheet)

    @property
    def _left(self) -> float:
        return LEFT if any(self.plane.axes) else 0.02

    @property
    def _under(self) -> float:
        return 2 * height_of(TEXT) + 0.06 if any(self.plane.axes) else 0.04

    def _room(self, width: float) -> tuple[float, float]:
        wide = width - self._left - 0.06
        high = wide if self.plane.equal else _FLAT * wide
        return (wide, high) if high <= _TALLEST else (wide if not self.plane.equal else _TALLEST, _TALLEST)

    def _points(self, axes: Axes, sheet: Sheet, wide: float, high: float) -> None:
        plane, color = self.plane, sheet.style.color
        if plane.way is not None:
            axes.plot(*plane.way.T, color=color("border"), linewidth=0.6, zorder=1)
        colors = [color(name) for name in plane.colors] or color("key")
        axes.scatter(plane.points[:, 0], plane.points[:, 1], s=5, c=colors, linewidths=0, zorder=2, clip_on=False)
        if len(plane.points) < _MANY:
            places = axes.transLimits.transform(plane.points.astype(np.float64)) * [wide, high]
            for at, (x, y), name in _free(places, plane.names, wide, high):
                axes.text(
                    x / wide,
                    y / high,
                    name,
                    transform=axes.transAxes,
                    fontsize=SMALL,
                    ha="center",
                    va="center",
                    color=color("muted"),
                    gid=f"name-{at}",
                )

    def _axes(self, axes: Axes, sheet: Sheet) -> None:
        if any(self.plane.axes):
            numbers(axes.xaxis, 5)
            numbers(axes.yaxis, 5)
            axes.set_xlabel(plain(self.plane.axes[0]))
            axes.set_ylabel(plain(self.plane.axes[1]))
            return
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_visible(False)
        for line in (axes.axhline, axes.axvline):
            line(0, color=sheet.style.color("border"), linewidth=THIN, zorder=0)


@dataclass(frozen=True, slots=True)
class ClockBlock:
    """A clock over its title."""

    clock: Clock

    def height(self, width: float) -> float:
        """The clock and a line."""
        return width + height_of(SMALL)

    def draw(self, sheet: Sheet, box: Box) -> None:
        """Draws it."""
        axes = sheet.axes(Box(box.left, box.top, box.width, box.width))
        axes.set_xlim(-1.06, 1.06)
        axes.set_ylim(-1.06, 1.06)
        axes.set_axis_off()
        axes.add_patch(Circle((0, 0), RING, fill=False, linewidth=THIN, edgecolor=sheet.style.color("border")))
        for name, places, hand in self.clock.placed:
            color = sheet.style.color(name)
            axes.scatter(places[:, 0], places[:, 1], s=1.6, c=color, linewidths=0)
            axes.plot([0, hand[0]], [0, hand[1]], color=color, linewidth=0.8)
        color = "text" if self.clock.lit else "muted"
        middle = box.left + box.width / 2
        sheet.text(middle, box.top + box.width, self.clock.title, SMALL, color, ha="center")


def _limits(axes: Axes, known: Values, equal: bool, wide: float, high: float) -> None:
    """Axes that hold all points and the room around them, with one scale where that is wanted."""
    low, far = known.min(0), known.max(0)
    span = np.where(far > low, far - low, 1.0)
    room = np.array([wide - 2 * _EDGE, high - 2 * _EDGE])
    scale = np.full(2, (span / room).max()) if equal else span / room
    middle, half = (low + far) / 2, scale * np.array([wide, high]) / 2
    axes.set_xlim(middle[0] - half[0], middle[0] + half[0])
    axes.set_ylim(middle[1] - half[1], middle[1] + half[1])


def _free(places: Values, names: Sequence[str], wide: float, high: float) -> list[tuple[int, tuple[float, float], str]]:
    """The names that stand free, each with its middle: outwards from the middle of all points, or at another side."""
    found: list[tuple[int, tuple[float, float], str]] = []
    known = np.asarray(np.isfinite(places).all(-1))
    middle = places[known].mean(0)
    taken: list[tuple[float, float, float, float]] = [(x, y, 0.02, 0.02) for x, y in places[known]]
    for at, name in enumerate(names):
        if not known[at]:
            continue
        half = width_of(plain(name), SMALL) / 2, height_of(SMALL) / 2.6
        out = places[at] - middle
        away = out / np.hypot(*out) if np.hypot(*out) > 0 else _SIDES[0]
        for way in (away, *_SIDES):
            # As far as the box of the name needs to clear the point.
            far = min(half[i] / abs(way[i]) if abs(way[i]) > 1e-9 else np.inf for i in range(2)) + _AWAY
            x, y = (places[at] + far * way).tolist()
            inside = half[0] <= x <= wide - half[0] and half[1] <= y <= high - half[1]
            clear = all(abs(x - ox) >= half[0] + ow or abs(y - oy) >= half[1] + oh for ox, oy, ow, oh in taken)
            if inside and clear:
                taken.append((x, y, half[0] + 0.01, half[1]))
                found.append((at, (x, y), plain(name)))
                break
    return found
