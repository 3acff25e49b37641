"""Panels of curves below each other, over the same steps: what the views of the training are made of."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.runs.columns import Floats
from grokterm.runs.history import History
from grokterm.tui.drawing.cells import row
from grokterm.tui.drawing.curves import Curve, Shade, draw_curves
from grokterm.tui.drawing.marks import Mark
from grokterm.tui.drawing.plot_area import GUTTER, Axes
from grokterm.tui.drawing.scales import short
from grokterm.tui.run.state import RunState

PANEL_FROM: Final = 6
"""Lines from which a panel says something."""


@dataclass(frozen=True, slots=True)
class Line:
    """One curve of a panel: what it is called in full and at its end, its colour, and its numbers."""

    words: str
    name: str
    color: str
    steps: Floats
    values: Floats


@dataclass(frozen=True, slots=True)
class Panel:
    """Curves on the same axes, with what they are written above them."""

    title: str
    lines: Sequence[Line]
    axes: Axes
    marks: Sequence[Mark] = ()
    shade: Shade | None = None
    live: Callable[[float], str] = short


def draw_panels(panels: Sequence[Panel], state: RunState, width: int, height: int) -> list[Strip]:
    """Panels of the same height below each other, the last ones left out where there is no room."""
    count = max(1, min(len(panels), height // PANEL_FROM))
    strips: list[Strip] = []
    for at, panel in enumerate(panels[:count]):
        strips += _draw_panel(panel, state, width, (height - len(strips)) // (count - at))
    return strips


def _draw_panel(panel: Panel, state: RunState, width: int, height: int) -> list[Strip]:
    """A line of words in the colours of the curves, and the curves."""
    palette, cursor = state.palette, state.moment.step if state.moment else None
    steps, values = _together(panel.lines, state.history, state.log_x)
    curves = [Curve(line.name, panel.live(_last(line.values)), line.color) for line in panel.lines]
    head: list[Strip] = []
    if height >= PANEL_FROM:
        title, words = _words(panel, width - GUTTER)
        parts = [(" " * GUTTER + title, palette.style("muted"))]
        parts += [(text, palette.style(line.color)) for text, line in zip(words, panel.lines, strict=True)]
        head = [row(parts, width)]
    return head + draw_curves(
        steps, values, curves, panel.marks, panel.axes, width, height - len(head), state.view.graph, palette, cursor,
        panel.shade,
    )  # fmt: skip


def _words(panel: Panel, width: int) -> tuple[str, list[str]]:
    """The title of a panel and the words for each curve: as full as they fit, the names at their ends if need be."""
    title, full = f"{panel.title}:", [f"  {line.words}" for line in panel.lines]
    short_ones = [text.partition(" (")[0] for text in full]
    names = [f"  {line.name}" for line in panel.lines]
    choices = [(title, full), (title, short_ones), ("", short_ones), (title, names), ("", names)]
    return next((c for c in choices if len(c[0]) + sum(map(len, c[1])) <= width), choices[-1])


def _together(lines: Sequence[Line], history: History, log_x: bool) -> tuple[Floats, Floats]:
    """The steps and values of curves that are measured at the same steps, over the step axis of the whole log."""
    steps, values = lines[0].steps, np.stack([line.values for line in lines])
    logged = history.column("step")
    last = logged[-1:]
    if steps.size and steps[-1] >= last[0]:
        last = last[:0]
    first = logged[logged > 0][:1] if log_x else last[:0]
    missing = np.full((len(lines), first.size + last.size), np.nan)
    order = np.argsort(steps := np.r_[first, steps, last], kind="stable")
    values = np.concatenate([missing[:, : first.size], values, missing[:, first.size :]], axis=1)
    return steps[order], values[:, order]


def scalars_line(
    state: RunState,
    words: str,
    name: str,
    column: str,
    color: str = "",
    change: Callable[[Floats], Floats] | None = None,
) -> Line:
    """A number of every record."""
    steps, values = state.history.column("step"), state.history.column(column)
    return Line(words, name, color or name, steps, change(values) if change else values)


def progress_line(state: RunState, words: str, name: str, color: str, measure: str) -> Line:
    """A progress measure."""
    return Line(words, name, color, *state.history.progress(measure))


def _last(values: Floats) -> float:
    """The last value that is there; NaN without one."""
    finite = values[np.isfinite(values)]
    return float(finite[-1]) if finite.size else float("nan")
