"""Charts: curves and bars with what is marked in them, as the page draws them."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from grokterm.drawn.parts import Bars, Chart, Line
from grokterm.report.data import Data
from grokterm.report.markup import Markup, tag

STEPS: Final = "steps"
"""Charts over the steps of a run, which are zoomed together."""


def draw_chart(data: Data, chart: Chart) -> Markup:
    """A chart of curves; without any number, a sentence in its place."""
    known, look, title = chart.known, chart.look, chart.title
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
        "marks": [{"x": mark.x, "words": mark.words, "color": mark.color.replace("_", "-")} for mark in chart.marks],
        "bands": [{"from": band.start, "to": band.end, "color": band.color.replace("_", "-")} for band in chart.bands],
    }
    return _placed(data, title, spec)


def draw_bars(data: Data, bars: Bars) -> Markup:
    """Bars with their levels."""
    shown = [(words, level, color) for words, level, color in bars.levels if np.isfinite(level)]
    spec: dict[str, Any] = {
        "title": bars.title,
        "unit": bars.unit,
        "names": list(bars.names) or None,
        "bars": {"y": data.array(bars.heights), "keys": [int(k) for k in bars.keys]},
        "levels": [{"y": float(level), "color": color} for _, level, color in shown],
        "said": "; ".join(f"{words} {level:.3g}" for words, level, _ in shown),
    }
    return _placed(data, bars.title, spec)


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
