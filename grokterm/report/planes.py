"""Drawings in SVG: points of a plane, and waves around a clock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from grokterm.report.data import Values
from grokterm.report.markup import Markup, joined, tag

_SIZE: Final = 300
_EDGE: Final = 22
_LETTER: Final = 5.8
"""Width of a character."""
_LINE: Final = 10.0
_MANY: Final = 1000
"""Points from which none has a name."""
_CLOCK: Final = 120
_RING: Final = 0.5
"""Distance from the middle at which a weight of 0 lies, of the whole radius."""


@dataclass(frozen=True, slots=True, eq=False)
class Plane:
    """Points [n, 2] with what is drawn beside them."""

    points: Values
    names: Sequence[str] = ()
    colors: Sequence[str] = ()
    """The palette's meaning that colours each; none: all alike."""
    way: Values | None = None
    """A line through places [m, 2]."""
    axes: tuple[str, str] = ("", "")
    equal: bool = True
    """Whether both axes have one scale."""


def draw_plane(plane: Plane, title: str, words: str = "") -> Markup:
    """The points as a figure under its title; each says its name where it is pointed at."""
    every = plane.points if plane.way is None else np.concatenate([plane.points, plane.way])
    known = every[np.isfinite(every).all(-1)]
    if not len(known):
        return tag("figure", tag("h4", title), tag("p", "no point is a number", class_="undefined"))
    places = _Places(known, plane.equal)
    drawn: list[Markup] = []
    if plane.way is not None:
        drawn.append(tag("path", d=_path(places(plane.way)), class_="way"))
    drawn += _dots(plane, places(plane.points))
    drawn += [
        tag("text", plane.axes[0], x=_SIZE / 2, y=_SIZE - 3, text_anchor="middle"),
        tag("text", plane.axes[1], x=9, y=_SIZE / 2, text_anchor="middle", transform=f"rotate(-90 9 {_SIZE / 2})"),
    ]
    picture = tag("svg", *drawn, viewBox=f"0 0 {_SIZE} {_SIZE}", role="img", aria_label=title)
    return tag("figure", tag("h4", title), picture, tag("p", words, class_="told"))


def draw_clock(waves: Values, turns: int, title: str, lit: bool) -> Markup:
    """Waves [1 or 2, n] of a and of b around a clock: residue i stands turns·i/n of the way round, anticlockwise.

    The ring is weight 0, the rim the largest magnitude; a hand points to where a wave is largest.
    """
    middle, radius = _CLOCK / 2, _CLOCK / 2 - 4
    far = float(np.abs(waves[np.isfinite(waves)]).max(initial=0.0)) or 1.0
    drawn = [tag("circle", cx=middle, cy=middle, r=radius * _RING, class_="ring")]
    for wave, color in zip(waves.astype(np.float64), ("train", "test"), strict=False):
        if not np.isfinite(wave).all():
            continue
        angle = 2 * np.pi * (turns * np.arange(wave.size) % wave.size) / wave.size
        distance = radius * (_RING + (1 - _RING) * wave / far)
        places = np.stack([middle + distance * np.cos(angle), middle - distance * np.sin(angle)], -1)
        part = np.sum(wave * np.exp(1j * angle)) * np.sqrt(2 / wave.size)
        norm = float(np.sqrt(np.square(wave).sum())) or 1.0
        phase, length = float(np.angle(part)), radius * _RING * min(float(abs(part)) / norm, 1.0)
        x, y = middle + length * np.cos(phase), middle - length * np.sin(phase)
        dots = "".join(f"M{px:.1f} {py:.1f}h0" for px, py in places)
        drawn.append(tag("path", d=dots, class_=f"c-{color} spots"))
        drawn.append(tag("line", x1=middle, y1=middle, x2=f"{x:.1f}", y2=f"{y:.1f}", class_=f"hand c-{color}"))
    picture = tag("svg", *drawn, viewBox=f"0 0 {_CLOCK} {_CLOCK}", role="img", aria_label=title)
    return tag("figure", picture, tag("h4", title, class_="lit" if lit else None))


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
