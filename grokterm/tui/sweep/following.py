"""A sweep as its files tell it: plan, runs that have ended, those that train, and whether somebody coordinates."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, Literal

from grokterm.errors import RunFolderError
from grokterm.runs.process import trainer_alive
from grokterm.sweeps.cells import CellsReader, read_state
from grokterm.sweeps.curves import read_curve
from grokterm.sweeps.folder import SweepFolder
from grokterm.sweeps.summaries import has_ended
from grokterm.sweeps.table import SweepTable
from grokterm.wire.swept import SweepState, SweptRun

if TYPE_CHECKING:
    from grokterm.sweeps.curves import Curve

ShownState = Literal["not begun", "running", "finished", "stopped", "failed", "no coordinator"]

_PRESENCE: Final = 2.0
"""Seconds from one look for the coordinator to the next."""
_CURVES: Final = 512
"""Curves that are kept in memory; each takes 6 KB at most."""


class Following:
    """Follows the files of a sweep; what a run came to never changes."""

    def __init__(self, folder: SweepFolder) -> None:
        """Reads the plan; raises RunFolderError."""
        self.folder = folder
        self.plan = folder.plan()
        self.table = SweepTable(self.plan)
        self.state: SweepState | None = None
        self.coordinated = False
        """Whether a coordinator is alive."""
        self.problem = ""
        """Why records or curves cannot be read; empty while they can."""
        self.lost = ""
        """That the folder is gone; empty while it is there."""
        self.failed = 0
        """Runs that failed before they grokked."""
        self._reader = CellsReader(folder.cells_path)
        self._curves: dict[int, Curve] = {}
        self._looked_at = float("-inf")
        self._damaged = False
        """Whether a record cannot be read: those after it are not, either."""

    def read(self) -> set[int]:
        """Takes what is new; the cells of which something changed, those that began or ceased to train among them."""
        trained = self.training
        runs = self._new_runs()
        self.state = read_state(self.folder)
        if time.monotonic() - self._looked_at >= _PRESENCE:
            self._looked_at = time.monotonic()
            self.coordinated = trainer_alive(self.folder.process_folder)
            self.lost = "" if self.folder.is_sweep else f"{self.folder.path} is no longer there"
        return {run.cell for run in runs} | (trained ^ self.training)

    @property
    def training(self) -> frozenset[int]:
        """The cells of which a run trains."""
        return frozenset(number // self.plan.seeds for number in self.running)

    @property
    def running(self) -> tuple[int, ...]:
        """The numbers of the runs that train; none without a coordinator."""
        if self.state is None or not self.coordinated:
            return ()
        return tuple(number for number in self.state.running if 0 <= number < self.plan.run_count)

    @property
    def waiting(self) -> int:
        """Runs that have neither ended nor begun."""
        return max(0, self.plan.run_count - len(self.table) - len(self.running))

    @property
    def shown_state(self) -> ShownState:
        """How the sweep stands."""
        if len(self.table) >= self.plan.run_count:
            return "finished"
        said = self.state.state if self.state else None
        if self.coordinated:
            return "running" if said in (None, "running", "finished") else said
        if said is None and not len(self.table):
            return "not begun"
        return said if said in ("stopped", "failed") else "no coordinator"

    def curve(self, run: SweptRun) -> Curve | None:
        """The curve of a run, None where there is none or it cannot be read."""
        if run.run not in self._curves:
            if not run.curve[1]:
                return None
            try:
                found = read_curve(self.folder.curves_path, run.curve)
            except RunFolderError as error:
                self.problem = str(error)
                return None
            while len(self._curves) >= _CURVES:
                del self._curves[next(iter(self._curves))]
            self._curves[run.run] = found
        return self._curves[run.run]

    def _new_runs(self) -> list[SweptRun]:
        if self._damaged:
            return []
        try:
            cells = len(self.plan.cells)
            runs = [run for run in self._reader.read() if 0 <= run.cell < cells]
        except RunFolderError as error:
            self.problem, self._damaged = str(error), True
            return []
        if runs:
            self.table.add(runs)
            self.failed += sum(not has_ended(run) for run in runs)
        return runs
