"""What a run has logged as one table: a row a step, a column a measure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from grokterm.export.tables import Cell, Kind, Table
from grokterm.runs.columns import Floats
from grokterm.runs.history import COLUMNS, PROGRESS, STRUCTURE, History

if TYPE_CHECKING:
    import numpy.typing as npt

SQUARED: Final = "squared_weights"
"""The group of Σθ² of each matrix, and how the names of these columns begin."""


class RunTable:
    """The measures of a run's records, aligned by their steps; NaN where one was not taken or not finite."""

    def __init__(self, history: History) -> None:
        """Reads the columns of a history."""
        found: dict[str, tuple[str, tuple[Floats, Floats]]] = {}
        steps = history.column("step")
        for name in COLUMNS:
            if name != "step":
                found[name] = ("scalars", (steps, history.column(name)))
        found |= {name: ("progress", history.progress(name)) for name in PROGRESS}
        found |= {name: ("structure", history.structure(name)) for name in STRUCTURE}
        found |= {f"{SQUARED}.{name}": (SQUARED, history.squared_weights(name)) for name in history.matrices}
        found |= {name: ("plugins", history.of_plugin(name)) for name in history.plugin_measures}
        self.groups: dict[str, str] = {name: group for name, (group, _) in found.items()}
        """What kind of record each column is from."""
        self.steps: npt.NDArray[np.int64] = np.unique(
            np.concatenate([at for _, (at, _) in found.values()]).astype(np.int64)
        )
        """[n], ascending."""
        self.columns: dict[str, npt.NDArray[Any]] = {name: self._aligned(*at) for name, (_, at) in found.items()}
        """Each float64 [n]; of two records of one step the later one counts."""

    def _aligned(self, steps: Floats, values: Floats) -> npt.NDArray[Any]:
        column = np.full(len(self.steps), np.nan)
        column[np.searchsorted(self.steps, steps.astype(np.int64))] = values
        return column

    def table(self, about: dict[str, str]) -> Table:
        """The same for formats of tables, the step first."""
        kinds: dict[str, Kind] = {"step": int, **dict.fromkeys(self.columns, float)}
        return Table(kinds, list(self._rows()), about)

    def numbers(self, row: int) -> dict[str, float]:
        """The numbers of a row by name, those that are there."""
        found = {name: float(column[row]) for name, column in self.columns.items()}
        return {name: number for name, number in found.items() if not np.isnan(number)}

    def _rows(self) -> Iterator[tuple[Cell, ...]]:
        columns = [[None if np.isnan(x) else x for x in column.tolist()] for column in self.columns.values()]
        yield from zip(self.steps.tolist(), *columns, strict=True)
