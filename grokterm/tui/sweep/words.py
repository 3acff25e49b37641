"""How a sweep is written: axes, values, cells, what its runs came to."""

from __future__ import annotations

import math
from collections.abc import Mapping

from grokterm.config import Value
from grokterm.number_format import number, spelled
from grokterm.sweeps.axes import Axis
from grokterm.sweeps.plan import short_name
from grokterm.tui.sweep.diagram import AxisShown


def axis_name(axis: Axis) -> str:
    """The settings of an axis: wd, or lr+wd where two go together."""
    return "+".join(map(short_name, axis.names))


def value_words(values: tuple[Value, ...]) -> str:
    """A point of an axis: 0.3, or 1e-3/0.1 where two settings go together."""
    return "/".join(map(value_word, values))


def value_word(value: Value) -> str:
    """A value as it stands in a table: yes and no in place of True and False."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return spelled(value, 4)


def axis_shown(axis: Axis) -> AxisShown:
    """An axis as the diagram shows it."""
    return AxisShown(axis_name(axis), tuple(map(value_words, axis.values)), axis.is_number)


def settings_words(values: Mapping[str, Value]) -> str:
    """Settings with their values: wd 0.3, frac 0.5."""
    return ", ".join(f"{short_name(name)} {value_word(value)}" for name, value in values.items()) or "the base"


def steps_words(steps: float) -> str:
    """Steps to grok; never where they are infinite, a dash where they are not known."""
    if math.isnan(steps):
        return "–"
    return "never" if math.isinf(steps) else number(round(steps))
