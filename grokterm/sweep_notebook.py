"""Reading sweeps from a notebook: `grokterm.open_sweep("last")`; nothing is trained, and no sweep is written to."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from grokterm.config import Value
from grokterm.errors import ConfigError, MissingPackageError, RunFolderError
from grokterm.export.new_files import write_export
from grokterm.export.tables import csv_of, parquet_of
from grokterm.plugins.loading import load_for_notebook
from grokterm.runs.folder import home_path
from grokterm.spelling import nearest
from grokterm.sweeps import fits
from grokterm.sweeps.cells import CellsReader, read_state
from grokterm.sweeps.curves import COLUMNS, read_curve
from grokterm.sweeps.export import table_of
from grokterm.sweeps.fits import Critical, PowerLaw, Unfitted
from grokterm.sweeps.folder import SweepFolder, find_sweep
from grokterm.sweeps.plan import Plan, short_name, shown, spellings_of_settings
from grokterm.sweeps.summaries import grouped, summary_of
from grokterm.sweeps.table import SweepTable
from grokterm.wire.swept import SweepState

_CURVE: Final = np.dtype([(name, np.int64 if name == "step" else np.float32) for name in COLUMNS])


class Table(dict[str, npt.NDArray[Any]]):
    """Columns by name, each [runs]: numbers as float64 with NaN where there is none, words as str."""

    def to_pandas(self) -> Any:
        """A pandas DataFrame of the columns; raises MissingPackageError where pandas is not installed."""
        try:
            pandas = import_module("pandas")
        except ImportError:
            raise MissingPackageError(
                "pandas is not installed: pip install pandas, or use the columns of .table, which are numpy arrays"
            ) from None
        return pandas.DataFrame(dict(self))


@dataclass(frozen=True)
class PhaseDiagram:
    """What became of the runs over two settings; arrays are indexed [y, x], and say nothing where no run has ended."""

    x_name: str
    y_name: str
    x: tuple[Value, ...]
    y: tuple[Value, ...]
    phase: npt.NDArray[np.str_]
    """The most frequent phase; empty where there is none."""
    share: npt.NDArray[np.float64]
    """Of the runs that ended, those that grokked; NaN without any."""
    steps: npt.NDArray[np.float64]
    """Median of the steps to grok, +inf where half never did; NaN without runs."""
    ended: npt.NDArray[np.int64]
    """Runs that ended with a phase."""
    held: dict[str, Value]
    """The settings of which one value was chosen."""
    pooled: tuple[str, ...]
    """The swept settings of which all values count together."""

    def __repr__(self) -> str:
        return f"<phase diagram over {self.x_name} and {self.y_name}: {self.words}>"

    @property
    def words(self) -> str:
        """What became of the other swept settings."""
        held = f"held at {shown(self.held)}" if self.held else ""
        pooled = f"pooled over {', '.join(map(short_name, self.pooled))}" if self.pooled else ""
        return "; ".join(part for part in (held, pooled) if part) or "no other setting is swept"


class Sweep:
    """A sweep as read from its folder when it was opened; settings are named as on the command line, wd or lr too."""

    def __init__(self, folder: SweepFolder) -> None:
        """Reads plan and records; raises RunFolderError."""
        self._folder = folder
        self.id: str = folder.id
        self.path: Path = folder.path
        self.plan: Plan = folder.plan()
        """What it trains: the base configuration, axes, seeds and cells."""
        self.state: SweepState | None = read_state(folder)
        """How it stood when its coordinator last said so."""
        self._table = SweepTable(self.plan)
        runs = CellsReader(folder.cells_path).read()
        if beyond := next((run for run in runs if not 0 <= run.cell < len(self.plan.cells)), None):
            raise RunFolderError(f"{folder.cells_path} has a run of cell {beyond.cell:,}, which the plan does not have")
        self._table.add(runs)

    def __repr__(self) -> str:
        state = f", {self.state.state}" if self.state else ""
        return f"<sweep {self.id}: {len(self._table):,} of {self.plan.run_count:,} runs{state}>"

    @cached_property
    def table(self) -> Table:
        """A column a setting that is swept and a measure, each [runs], in the order in which the runs ended."""
        return Table({name: _plain(self._table.column(name)) for name in self._table.names})

    def curves(self, cell: int) -> dict[int, npt.NDArray[Any]]:
        """The curves of the runs of a cell by seed, each a structured array [points] with a field a measure.

        `curves(3)[0]["test_accuracy"]`; the measures are those of `grokterm.sweeps.curves.COLUMNS`, NaN where there
        was no number. A run that failed before its first point has no curve. Raises RunFolderError, and ConfigError
        for what is no number of a cell.
        """
        if not isinstance(cell, (int, np.integer)):
            raise ConfigError(f"a cell is a whole number, as in curves(3), not {cell!r}")
        if not 0 <= cell < len(self.plan.cells):
            raise RunFolderError(f"{self.id} has cells 0 to {len(self.plan.cells) - 1:,}, and {cell:,} is none of them")
        runs = sorted((self._table.runs[row] for row in self._table.rows_of(cell)), key=lambda run: run.seed)
        found: dict[int, npt.NDArray[Any]] = {}
        for run in runs:
            if run.curve[1]:
                curve = read_curve(self._folder.curves_path, run.curve)
                found[run.seed] = np.empty(curve.shape[1], dtype=_CURVE)
                for name, row in zip(COLUMNS, curve, strict=True):
                    found[run.seed][name] = row
        return found

    def phase_diagram(self, x: str, y: str, **held: Value) -> PhaseDiagram:
        """Phases, shares and steps over two swept settings; the others are pooled unless held: `lr=1e-3`.

        Raises ConfigError for a setting that is not swept, or a value that it does not take.
        """
        across, up = self._swept(x), self._swept(y)
        if across == up:
            raise ConfigError(f"a phase diagram needs two settings, and both are {across}")
        kept = self._held(held)
        if taken := next((name for name in (across, up) if name in kept), None):
            raise ConfigError(f"{taken} is an axis of the phase diagram: it cannot be held as well")
        xs, ys = self._values(across), self._values(up)
        phase = np.full((len(ys), len(xs)), "", dtype="U13")
        share, steps = np.full(phase.shape, np.nan), np.full(phase.shape, np.nan)
        ended = np.zeros(phase.shape, dtype=np.int64)
        for (right, high), rows in grouped(self._table, [across, up], self._rows(kept)).items():
            at, summary = (ys.index(high), xs.index(right)), summary_of(self._table, rows)
            phase[at], share[at] = summary.phase or "", summary.share
            steps[at], ended[at] = summary.steps, summary.ended
        settled = {across, up, *kept}
        pooled = tuple(name for axis in self.plan.axes if settled.isdisjoint(axis.names) for name in axis.names)
        return PhaseDiagram(across, up, xs, ys, phase, share, steps, ended, kept, pooled)

    def fit(self, name: str, **held: Value) -> PowerLaw | Unfitted:
        """The power law of steps to grok against a swept setting, over all runs or those with values that are held.

        Runs that never grokked count as censored at their last step. Raises ConfigError as `phase_diagram` does.
        """
        return fits.power_law(self._table, self._swept(name), self._rows(self._held(held)))

    def critical(self, name: str, log: bool | None = None, **held: Value) -> Critical | Unfitted:
        """The value of a swept setting at which half of the runs grok, by a logistic fit of the share that does.

        `log` says whether it is one of the logarithm; by default it is where the values span a decade.
        """
        return fits.critical(self._table, self._swept(name), self._rows(self._held(held)), log)

    def to_csv(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Writes the table as CSV; raises RunFolderError where there is a file, unless it may be overwritten."""
        return self._export(path, csv_of(table_of(self._table)), overwrite)

    def to_parquet(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Writes the table as Parquet; raises MissingPackageError without pyarrow, RunFolderError as `to_csv`."""
        return self._export(path, parquet_of(table_of(self._table)), overwrite)

    def _export(self, path: str | os.PathLike[str], content: bytes, overwrite: bool) -> Path:
        write_export(Path(path), content, overwrite)
        return Path(path)

    def _swept(self, given: str) -> str:
        """A swept setting by any of its names; raises ConfigError."""
        swept = list(self._table.setting_names)
        name = spellings_of_settings().get(given.replace("-", "_"), given)
        if name in swept:
            return name
        if not swept:
            raise ConfigError(f"{self.id} sweeps no setting: its runs differ by the seed alone")
        raise ConfigError(f"{self.id} does not sweep {given!r}: choose {', '.join(swept)}{nearest(given, swept)}")

    def _held(self, held: dict[str, Value]) -> dict[str, Value]:
        """The settings that are held, by their names; raises ConfigError for a value that no cell has."""
        found = {self._swept(given): value for given, value in held.items()}
        for name, value in found.items():
            if value not in (values := self._values(name)):
                shown_values = ", ".join(map(str, values[:20])) + (" …" if len(values) > 20 else "")
                raise ConfigError(f"no cell of {self.id} has {name} {value}: choose {shown_values}")
        return found

    def _rows(self, held: dict[str, Value]) -> list[int] | None:
        """The rows of the runs with these values; None for all."""
        return grouped(self._table, list(held)).get(tuple(held.values()), []) if held else None

    def _values(self, name: str) -> tuple[Value, ...]:
        """All values of a swept setting: numbers ascending, words in the order of the plan."""
        values = list(dict.fromkeys(cell.values[name] for cell in self.plan.cells))
        if all(isinstance(value, (int, float)) for value in values):
            values.sort(key=float)
        return tuple(values)


def open_sweep(
    sweep: str | os.PathLike[str] = "last",
    runs: str | os.PathLike[str] | None = None,
    *,
    plugin: str | Sequence[str] = (),
    allow_plugin: str | Sequence[str] = (),
) -> Sweep:
    """A sweep by its id, number, unique beginning, `last`, or path; raises RunFolderError where there is none.

    `runs` is the folder of all runs and sweeps, by default the one that the command line uses. `plugin` and
    `allow_plugin` are what the options of the command line are, for a sweep that was made with plugins.
    """
    load_for_notebook(plugin, allow_plugin)
    home = home_path(Path(runs) if runs is not None else None)
    return Sweep(find_sweep(sweep if isinstance(sweep, str) else str(Path(sweep).absolute()), home))


def _plain(column: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A copy, words as numpy's own."""
    return column.astype(np.str_) if column.dtype == object else column.copy()
