"""The measures of a log by name, whichever record they stand in."""

from __future__ import annotations

from typing import Final

import numpy as np

from grokterm.plugins.registry import items
from grokterm.runs.columns import Floats
from grokterm.runs.history import COLUMNS, PROGRESS, STRUCTURE, History
from grokterm.wire.records import Scalars

_OF_PAIRS: Final = {
    name.removeprefix("train_"): ("train_" + name.removeprefix("train_"), "test_" + name.removeprefix("train_"))
    for name in COLUMNS
    if name.startswith("train_") and name.replace("train_", "test_", 1) in COLUMNS
}
"""Measures of the training and of the test pairs by the name of both: accuracy, loss."""
MEASURES: Final = (*_OF_PAIRS, *(name for name in COLUMNS if name != "step"), *PROGRESS, *STRUCTURE)
"""All names: those of two measures first, then the columns of the log's records."""
_NOT_ALWAYS: Final = frozenset(Scalars.__struct_fields__[-len(Scalars.__struct_defaults__) :])
"""Columns that only some of the records have: no number says nothing there."""


def measure_names() -> tuple[str, ...]:
    """All names, with those of the measures that plugins of this process take."""
    return (*MEASURES, *(item.name for item in items("measure")))


def columns_of(measure: str) -> tuple[str, ...]:
    """The columns that one of MEASURES stands for: one, or that of the training pairs and that of the test pairs."""
    return _OF_PAIRS.get(measure, (measure,))


def measured(history: History, column: str) -> tuple[Floats, Floats]:
    """Steps and values of one column, [n] each; NaN where it was not finite, steps at which it was not taken left out.

    Do not write to them.
    """
    if column in PROGRESS:
        steps, values = history.progress(column)
    elif column in STRUCTURE:
        steps, values = history.structure(column)
    elif column in history.plugin_measures:
        steps, values = history.of_plugin(column)
    else:
        steps, values = history.column("step"), history.column(column)
        if column not in _NOT_ALWAYS:
            return steps, values
    taken = ~np.isnan(values)
    return steps[taken], values[taken]
