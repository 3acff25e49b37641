"""The table of a sweep: a row a run that has ended, as columns of numpy."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from grokterm.config import field_type
from grokterm.sweeps.plan import Plan
from grokterm.wire.swept import SweptRun

if TYPE_CHECKING:
    import numpy.typing as npt

    Column = npt.NDArray[Any]
    """[runs], float64 with NaN for what is not there, or objects for words."""

WHOLE: Final = ("run", "cell", "seed")
MEASURES: Final = (
    "step",
    "learned_step",
    "memorized_step",
    "grokked_step_90",
    "grokked_step_95",
    "grokked_step_99",
    "train_accuracy",
    "test_accuracy",
    "train_loss",
    "test_loss",
    "sum_squared_weights",
    "embedding_gini",
    "seconds",
)
WORDS: Final = ("state", "phase", "reason", "device", "precision", "strategy", "digest")


class SweepTable:
    """The runs of a sweep that have ended, in the order in which they did."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.runs: list[SweptRun] = []
        self._columns: dict[str, Column] = {}
        self._by_cell: dict[int, list[int]] = {}

    def __len__(self) -> int:
        """Runs that have ended."""
        return len(self.runs)

    def add(self, runs: Iterable[SweptRun]) -> None:
        """Adds runs, none of them twice."""
        for run in runs:
            self._by_cell.setdefault(run.cell, []).append(len(self.runs))
            self.runs.append(run)
        self._columns.clear()

    def rows_of(self, cell: int) -> list[int]:
        """The rows of the runs of a cell."""
        return self._by_cell.get(cell, [])

    @property
    def setting_names(self) -> tuple[str, ...]:
        """The settings that the axes change, in order."""
        return tuple(name for axis in self.plan.axes for name in axis.names)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all columns."""
        return (*WHOLE, *self.setting_names, *MEASURES, *WORDS)

    def column(self, name: str) -> Column:
        """A column by its name, [runs]; raises KeyError."""
        if name not in self._columns:
            self._columns[name] = self._made(name)
        return self._columns[name]

    def values(self, row: int) -> dict[str, int | float | str | None]:
        """A row by name, its swept settings among it, as conditions take it."""
        run = self.runs[row]
        settings = self.plan.cells[run.cell].values
        return {**settings, **{name: getattr(run, name) for name in (*WHOLE, *MEASURES, *WORDS)}}

    def _made(self, name: str) -> Column:
        if name in WHOLE:
            return np.array([getattr(run, name) for run in self.runs], dtype=np.int64)
        if name in MEASURES:
            return np.array([_number(getattr(run, name)) for run in self.runs], dtype=np.float64)
        if name in WORDS:
            return np.array([getattr(run, name) or "" for run in self.runs], dtype=object)
        if name not in self.setting_names:
            raise KeyError(name)
        values = [self.plan.cells[run.cell].values[name] for run in self.runs]
        return np.array(values, dtype=np.float64 if field_type(name) in (int, float) else object)


def _number(value: float | None) -> float:
    return np.nan if value is None else float(value)
