"""Charts: curves and bars with what is marked in them, as the page draws them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from grokterm.report.data import Data, Values
from grokterm.report.markup import Markup, tag

STEPS: Final = "steps"
"""Charts over the steps of a run, which are zoomed together."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A curve: its name, the palette's meaning that colours it, and its places, [n] each."""

    name: str
    color: str
    x: Values
    y: Values
    faint: bool = False
    dashed: bool = False
    points: bool = False
    """Whether each place is a dot too."""
    band: tuple[Values, Values] | None = None
    """Lower and upper ends of an interval around it, [n] each."""


@dataclass(frozen=True, slots=True)
class Mark:
    """Something that happened at a step, in few words."""

    x: float
    words: str
    color: str = "milestone"


@dataclass(frozen=True, slots=True)
class Band:
    """A stretch of steps that is coloured."""

    start: float
    end: float
    color: str


@dataclass(frozen=True, slots=True)
class Look:
    """How a chart is drawn."""

    percent: bool = False
    log_x: bool = False
    log_y: bool = False
    unit: str = "step"
    """What stands before a value of x."""
    linked: bool = True
    """Whether it is zoomed with the other charts over steps."""
    height: int = 220


def chart(
    data: Data,
    title: str,
    lines: Sequence[Line],
    marks: Sequence[Mark] = (),
    bands: Sequence[Band] = (),
    look: Look = Look(),
) -> Markup:
    """A chart of curves; without any number, a sentence in its place."""
    known = [line for line in lines if np.isfinite(line.y.astype(np.float64)).any()]
    if not known:
        return tag("p", f"{title}: nothing is logged.", class_="undefined")
    spec: dict[str, Any] = {
        "title": title,
        "unit": look.unit,
        "percent": look.percent,
        "log_x": look.log_x,
        "log_y": look.log_y,
        "steps": True,
        "height": look.height,
        "link": STEPS if look.linked else None,
        "lines": [_line(data, line) for line in known],
        "marks": [{"x": mark.x, "words": mark.words, "color": mark.color.replace("_", "-")} for mark in marks],
        "bands": [{"from": band.start, "to": band.end, "color": band.color.replace("_", "-")} for band in bands],
    }
    return _placed(data, title, spec)


def bars(
    data: Data,
    title: str,
    heights: Values,
    keys: Sequence[int] = (),
    levels: Sequence[tuple[str, float, str]] = (),
    names: Sequence[str] = (),
    unit: str = "k",
) -> Markup:
    """Bars counted from 1, those of `keys` lit, and levels across them, each with its words and colour."""
    shown = [(words, level, color) for words, level, color in levels if np.isfinite(level)]
    spec: dict[str, Any] = {
        "title": title,
        "unit": unit,
        "names": list(names) or None,
        "bars": {"y": data.array(heights), "keys": [int(k) for k in keys]},
        "levels": [{"y": float(level), "color": color} for _, level, color in shown],
        "said": "; ".join(f"{words} {level:.3g}" for words, level, _ in shown),
    }
    return _placed(data, title, spec)


def _placed(data: Data, title: str, spec: dict[str, Any]) -> Markup:
    heading = [tag("h4", title)] if title else []
    return tag("div", *heading, data_chart=data.chart(spec), class_="chart")


def _line(data: Data, line: Line) -> dict[str, Any]:
    low, high = line.band or (None, None)
    return {
        "name": line.name,
        "color": line.color.replace("_", "-"),
        "x": data.array(line.x),
        "y": data.array(line.y),
        "faint": line.faint,
        "dashed": line.dashed,
        "points": line.points,
        "low": None if low is None else data.array(low),
        "high": None if high is None else data.array(high),
    }
