"""What a coordinator writes down: curves and records of runs that have ended, each once."""

from __future__ import annotations

from collections.abc import Sequence

from grokterm.errors import RunFolderError
from grokterm.sweeps.batch import Outcome
from grokterm.sweeps.cells import CellsReader, CellsWriter
from grokterm.sweeps.curves import CurveWriter, curve_end
from grokterm.sweeps.folder import SweepFolder
from grokterm.sweeps.plan import Plan


class Ledger:
    """The records of a sweep, as far as they are written, and outcomes that a full disk holds up."""

    def __init__(self, folder: SweepFolder, plan: Plan) -> None:
        """Opens what there is, and cuts off what a dead coordinator left half-written; raises RunFolderError."""
        self.trouble = ""
        """Why outcomes cannot be written; empty while all is well."""
        self._plan = plan
        self._cells = CellsWriter(folder.cells_path)
        known = CellsReader(folder.cells_path).read()
        self.ended = {run.run for run in known}
        """The numbers of the runs that have a record."""
        self.failed = sum(run.state == "failed" for run in known)
        end = max((curve_end(run.curve) for run in known), default=0)
        self._curves = CurveWriter(folder.curves_path, end)
        self._waiting: list[Outcome] = []

    def write(self, outcomes: Sequence[Outcome]) -> bool:
        """Writes outcomes and those that are still waiting, none for a run that has one; whether all are written."""
        self._waiting += outcomes
        while self._waiting:
            outcome = self._waiting[0]
            if outcome.run not in self.ended:
                try:
                    self._append(outcome)
                except RunFolderError as error:
                    self.trouble = str(error)
                    return False
            self._waiting.pop(0)
        self.trouble = ""
        return True

    def close(self) -> None:
        """Closes the files."""
        self._cells.close()
        self._curves.close()

    def _append(self, outcome: Outcome) -> None:
        """Its curve first: a record names none that is not there."""
        run = self._plan.run(outcome.run)
        place = self._curves.append(outcome.curve)
        self._cells.append(outcome.record(run.cell.number, run.seed, self._plan.differences(run), place))
        self.ended.add(outcome.run)
        self.failed += outcome.state == "failed"
