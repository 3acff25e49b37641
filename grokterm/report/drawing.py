"""The parts of views as the page shows them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import assert_never

from grokterm.drawn.parts import Bars, Chart, Clock, Group, Heat, Legend, Part, Plane, Table, Words
from grokterm.report.charts import draw_bars, draw_chart
from grokterm.report.data import Data
from grokterm.report.heats import draw_heat
from grokterm.report.markup import Markup, joined, table, tag
from grokterm.report.page import legend
from grokterm.report.planes import draw_clock, draw_plane


def draw(data: Data, parts: Iterable[Part]) -> Markup:
    """All parts after each other."""
    return joined([_drawn(data, part) for part in parts])


def _drawn(data: Data, part: Part) -> Markup:
    match part:
        case Chart():
            return draw_chart(data, part)
        case Bars():
            return draw_bars(data, part)
        case Heat():
            return draw_heat(data, part)
        case Plane():
            return draw_plane(part)
        case Clock():
            return draw_clock(part)
        case Table():
            return table(part.head, part.rows, part.numbers)
        case Words():
            return tag("h4", part.words) if part.kind == "title" else tag("p", part.words, class_=part.kind)
        case Legend():
            return legend(*part.keys)
        case Group():
            return tag("div", draw(data, part.parts), class_=part.arrangement)
        case _:
            assert_never(part)
