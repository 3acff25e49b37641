"""The view of the forecast: those made so far against what came, what changes would do, and what it is made from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import groupby, zip_longest
from textwrap import wrap
from typing import Final

import numpy as np
from textual.strip import Strip

from grokterm.config import Value, short_label
from grokterm.errors import ConfigError
from grokterm.forecast.course import past, standing
from grokterm.forecast.forecast import Forecast, Silence
from grokterm.forecast.sources import BRIEFLY, SENTENCE
from grokterm.milestones import GROKKED
from grokterm.tui.drawing.cells import Cells, row
from grokterm.tui.drawing.interval import spelled_for
from grokterm.tui.drawing.marks import Mark
from grokterm.tui.drawing.message import draw_message
from grokterm.tui.drawing.overlay import RunCurve, draw_overlay
from grokterm.tui.drawing.plot_area import Axes
from grokterm.tui.panes.curves import marks_of
from grokterm.tui.run.ladders import scaled
from grokterm.tui.run.state import RunState
from grokterm.tui.text.formats import spelled
from grokterm.tui.views.view import ViewPane

_CHART_FROM: Final = 7
"""Lines from which the chart says something."""
_AIRY_FROM: Final = 12
"""Lines of the chart from which the rest stands apart, and at length."""
_BESIDE_FROM: Final = 120
"""Cells from which what it is made from stands beside the table."""
_FRACTION: Final = 0.1
"""By which the training fraction is less or more, what if."""
_LABEL: Final = 17
"""Cells for a key and the setting that it would make."""
_APART: Final = 2
"""Cells between the columns of the table."""

WhatIf = tuple[str, dict[str, Value]]
"""A key, and the setting that it makes."""


class ForecastView(ViewPane):
    """When the run is expected to grok."""

    name = "forecast"
    summary = "when it will grok, and what a change would do"
    pictured = False

    def draw(self, state: RunState, width: int, height: int) -> Sequence[Strip]:
        """The sentence, the chart where there is room, the table, and what it is made from."""
        history, palette = state.history, state.palette
        if not len(history):
            return draw_message("waiting for the first steps", width, height, palette)
        found = standing(history, state.moment.step if state.moment else None)
        made = past(history)
        table = _table(state, width if width < _BESIDE_FROM else width // 2) if isinstance(found, Forecast) else []
        strips = [*_head(state, found, width), *_below(state, table, width, height - 1)]
        chart = height - len(strips)
        if made and chart >= _CHART_FROM:
            drawn = _chart(state, made, width, chart)
            return [strips[0], *drawn, *strips[1:]]
        return (strips + Cells(width, max(chart, 0)).strips())[:height]


def what_ifs(state: RunState) -> list[WhatIf]:
    """Half and twice the weight decay and the learning rate, as their keys make them, and less and more data."""
    config = state.config
    found: list[WhatIf] = []
    for down, up, name in (("w", "W", "weight_decay"), ("l", "L", "lr")):
        old = float(getattr(config, name))
        found += [(key, {name: scaled(name, old, way)}) for key, way in ((down, -1), (up, 1))]
    share = config.train_fraction
    found += [("c", {"train_fraction": round(share + way * _FRACTION, 4)}) for way in (-1, 1)]
    present = config.as_dict()
    return [(key, values) for key, values in found if all(present[name] != values[name] for name in values)]


def _head(state: RunState, found: Forecast | Silence, width: int) -> list[Strip]:
    """What is expected, or why nothing is said."""
    palette = state.palette
    if isinstance(found, Silence):
        return [row([("no forecast: ", palette.style("muted")), (found.reason, palette.style("text"))], width)]
    style = palette.style("grokked" if found.groks else "text")
    return [
        row(
            [
                (f"step {found.step:,}: ", palette.style("muted")),
                (spelled_for(found.words, state.view.graph), style),
            ],
            width,
        )
    ]


def _chart(state: RunState, made: Sequence[Forecast], width: int, height: int) -> list[Strip]:
    """The forecasts over the steps after which they were made, and the step at which it grokked."""
    history = state.history
    curves = _curves(made, state)
    if not curves:
        words = "at none of its steps was this run expected to grok in time"
        return draw_message(words, width, height, state.palette)
    grokked, last = history.milestones[GROKKED.step_name], float(history.column("step")[-1])
    if grokked is not None:
        level = np.full(2, float(grokked))
        curves.append(RunCurve("G", "grokked", f"{grokked:,}", "grokked", np.array([0.0, last]), level))
    marks = [mark for mark in marks_of(history) if mark.color == "mark" or mark.step in (grokked,)]
    if state.moment:
        marks.append(Mark(state.moment.step, f"step {state.moment.step:,}", "mark"))
    axes = Axes(log_x=state.log_x, log_y=state.log_y)
    return draw_overlay(curves, marks, axes, width, height, state.view.graph, state.palette)


def _curves(made: Sequence[Forecast], state: RunState) -> list[RunCurve]:
    """Medians in their intervals, a curve for each time it was expected to grok; the newest first, and named."""
    curves: list[RunCurve] = []
    for groks, stretch in groupby(made, key=lambda one: one.groks):
        if groks:
            steps, low, median, high = np.array([(one.step, one.low, one.median, one.high) for one in stretch]).T
            curves.append(RunCurve("F", "", "", "accent", steps, median, band=(low, high), band_color="border"))
    if curves:
        live = spelled_for(made[-1].sign, state.view.graph)
        curves[-1] = replace(curves[-1], name="forecast", live=live)
    return curves[::-1]


def _below(state: RunState, table: list[Strip], width: int, height: int) -> list[Strip]:
    """The table, and what forecasts are made from: beside it, below it, or in few words; at most so many lines."""
    style = state.palette.style("muted")
    if width >= _BESIDE_FROM and table:
        left = width // 2
        told = wrap(SENTENCE, width - left - _APART)
        pairs = zip_longest(table, told, fillvalue=None)
        lines = [
            Strip.join([strip or Strip.blank(left), row([(" " * _APART + (words or ""), style)], width - left)])
            for strip, words in pairs
        ]
        return [Strip.blank(width), *lines][:height]
    told = wrap(SENTENCE, max(width, 12))
    airy = height - len(table) - len(told) - 2 >= _AIRY_FROM
    if not airy:
        told = wrap(BRIEFLY, max(width, 12))
    blank = [Strip.blank(width)] if airy else []
    table = blank + table if table else []
    return [*table, *blank, *(row([(words, style)], width) for words in told)][:height]


def _table(state: RunState, width: int) -> list[Strip]:
    """What each change would make of the forecast, two to a line where that has room."""
    palette = state.palette
    cells = [cell for cell in (_what_if(state, key, values) for key, values in what_ifs(state)) if cell]
    if not cells:
        return []
    columns = 2 if width >= 2 * (_LABEL + 14) else 1
    room = (width - (columns - 1) * _APART) // columns
    fewer = _fewest([words for _, _, words in cells], room - _LABEL)
    strips = [row([("what if, before it is pressed (intervals of 80 %)", palette.style("muted"))], width)]
    for at in range(0, len(cells), columns):
        line = Cells(width, 1)
        for column, (key, label, words) in enumerate(cells[at : at + columns]):
            left = column * (room + _APART)
            said = spelled_for(words[min(fewer, len(words) - 1)], state.view.graph)
            line.put(left, 0, key, palette.style("accent"))
            line.put(left + 3, 0, label, palette.style("muted"))
            line.put(left + _LABEL, 0, said, palette.style("text"))
        strips += line.strips()
    return strips


def _fewest(cells: Sequence[list[str]], room: int) -> int:
    """Which of the texts of each cell, from the most words to the fewest, has room in all of them."""
    most = max(map(len, cells))
    fits = (all(len(words[min(at, len(words) - 1)]) <= room for words in cells) for at in range(most))
    return next((at for at, fit in enumerate(fits) if fit), most)


def _what_if(state: RunState, key: str, values: dict[str, Value]) -> tuple[str, str, list[str]] | None:
    """A key, the setting that it makes, and what is expected then, from the most words to the fewest."""
    try:
        found = standing(state.history, state.moment.step if state.moment else None, values)
    except ConfigError:
        return None
    label = ", ".join(f"{short_label(name)} {spelled(value)}" for name, value in values.items())
    if isinstance(found, Silence):
        return key, label, [found.reason, "none like it"]
    if found.never:
        return key, label, [found.when, found.sign]
    between = f"({found.interval})" if found.groks else f"({100 * (1 - found.chance):.0f} %)"
    return key, label, [f"{found.when} {between}", f"{found.sign} {between}", found.sign]


VIEWS: Final = (ForecastView,)
