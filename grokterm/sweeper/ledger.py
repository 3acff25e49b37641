"""What a coordinator writes down: curves and records of runs that have ended, each once."""

from __future__ import annotations

from collections.abc import Sequence

from grokterm.errors import ConfigError, RunFolderError
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
        for run in known:
            try:
                plan.check_run(run.run, run.cell, run.seed)
            except ConfigError as error:
                raise RunFolderError(f"{folder.cells_path} does not fit the plan: {error}") from None
        self.ended = {run.run for run in known}
        """The numbers of the runs that have a record."""
        self.failed = sum(run.state == "failed" for run in known)
        end = max((curve_end(run.curve) for run in known), default=0)
        self._curves = CurveWriter(folder.curves_path, end)
        self._places: dict[int, tuple[int, int]] = {}
        """Where curves are that are written, while their records are not."""
        self._waiting: dict[int, Outcome] = {}

    def write(self, outcomes: Sequence[Outcome]) -> bool:
        """Writes outcomes and those that are still waiting, none for a run that has one; whether all are written."""
        for outcome in outcomes:
            if outcome.run not in self.ended:
                self._waiting.setdefault(outcome.run, outcome)
        if self._waiting:
            try:
                self._append(list(self._waiting.values()))
            except RunFolderError as error:
                self.trouble = str(error)
                return False
            self._waiting.clear()
        self.trouble = ""
        return True

    def close(self) -> None:
        """Closes the files."""
        self._cells.close()
        self._curves.close()

    def _append(self, outcomes: Sequence[Outcome]) -> None:
        """Their curves first: a record names none that is not there."""
        new = [outcome for outcome in outcomes if outcome.run not in self._places]
        found = self._curves.append(*(outcome.curve for outcome in new))
        self._places |= dict(zip((outcome.run for outcome in new), found, strict=True))
        records = []
        for outcome in outcomes:
            run, place = self._plan.run(outcome.run), self._places[outcome.run]
            records.append(outcome.record(run.cell.number, run.seed, self._plan.differences(run), place))
        self._cells.append(*records)
        self.ended.update(outcome.run for outcome in outcomes)
        self._places.clear()
        self.failed += sum(outcome.state == "failed" for outcome in outcomes)
