"""Drawings in SVG: points of a plane, and waves around a clock."""

from __future__ import annotations

from typing import Final

import numpy as np

from grokterm.drawn.parts import RING, Clock, Plane, Values
from grokterm.report.markup import Markup, joined, tag

_SIZE: Final = 300
_EDGE: Final = 22
_LETTER: Final = 5.8
"""Width of a character."""
_LINE: Final = 10.0
_MANY: Final = 1000
"""Points from which none has a name."""
_CLOCK: Final = 120


def draw_plane(plane: Plane) -> Markup:
    """The points as a figure under its title; each says its name where it is pointed at."""
    every = plane.points if plane.way is None else np.concatenate([plane.points, plane.way])
    known = every[np.isfinite(every).all(-1)]
    if not len(known):
        return tag("figure", tag("h4", plane.title), tag("p", "no point is a number", class_="undefined"))
    places = _Places(known, plane.equal)
    drawn: list[Markup] = []
    if plane.way is not None:
        drawn.append(tag("path", d=_path(places(plane.way)), class_="way"))
    drawn += _dots(plane, places(plane.points))
    drawn += [
        tag("text", plane.axes[0], x=_SIZE / 2, y=_SIZE - 3, text_anchor="middle"),
        tag("text", plane.axes[1], x=9, y=_SIZE / 2, text_anchor="middle", transform=f"rotate(-90 9 {_SIZE / 2})"),
    ]
    picture = tag("svg", *drawn, viewBox=f"0 0 {_SIZE} {_SIZE}", role="img", aria_label=plane.title)
    return tag("figure", tag("h4", plane.title), picture, tag("p", plane.words, class_="told"))


def draw_clock(clock: Clock) -> Markup:
    """A clock over its title."""
    middle, radius = _CLOCK / 2, _CLOCK / 2 - 4
    drawn = [tag("circle", cx=middle, cy=middle, r=radius * RING, class_="ring")]
    for color, places, hand in clock.placed:
        x, y = middle + radius * hand[0], middle - radius * hand[1]
        dots = "".join(f"M{middle + radius * px:.1f} {middle - radius * py:.1f}h0" for px, py in places)
        drawn.append(tag("path", d=dots, class_=f"c-{color} spots"))
        drawn.append(tag("line", x1=middle, y1=middle, x2=f"{x:.1f}", y2=f"{y:.1f}", class_=f"hand c-{color}"))
    picture = tag("svg", *drawn, viewBox=f"0 0 {_CLOCK} {_CLOCK}", role="img", aria_label=clock.title)
    return tag("figure", picture, tag("h4", clock.title, class_="lit" if clock.lit else None))


class _Places:
    """From values to places in the picture."""

    def __init__(self, known: Values, equal: bool) -> None:
        low, high = known.min(0), known.max(0)
        span = np.where(high > low, high - low, 1.0)
        self._middle = (low + high) / 2
        self._scale = (_SIZE - 2 * _EDGE) / (np.full(2, span.max()) if equal else span)

    def __call__(self, points: Values) -> Values:
        found = (points - self._middle) * self._scale
        return np.asarray(np.stack([_SIZE / 2 + found[:, 0], _SIZE / 2 - found[:, 1]], -1))


def _path(places: Values) -> str:
    known = places[np.isfinite(places).all(-1)]
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in known)


def _dots(plane: Plane, places: Values) -> list[Markup]:
    """Points, then the names that stand free."""
    colors = plane.colors or ["key"] * len(places)
    names = plane.names or [""] * len(places)
    dots, written, taken = [], [], list[tuple[float, float, float]]()
    for (x, y), color, name in zip(places, colors, names, strict=True):
        if not (np.isfinite(x) and np.isfinite(y)):
            continue
        told = [tag("title", name)] if name else []
        shape = Markup(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.6">{joined(told)}</circle>')
        dots.append(tag("g", shape, class_=f"dots c-{color.replace('_', '-')}"))
        wide = _LETTER * len(name)
        left = x + 5 if x + 5 + wide <= _SIZE else x - 5 - wide
        free = all(abs(y - top) > _LINE or left > end + 2 or left + wide < start - 2 for start, end, top in taken)
        if name and free and len(places) < _MANY:
            taken.append((left, left + wide, y))
            written.append(tag("text", name, x=f"{left:.1f}", y=f"{y + 3.5:.1f}", class_="name"))
    return dots + written
