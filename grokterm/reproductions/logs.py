"""The evidence in the folder of a reproduction."""

from __future__ import annotations

from functools import cache

from grokterm.reproductions.evidence import RunLog, SweepLog
from grokterm.reproductions.folder import KeptRun, Reproduced, ReproductionFolder
from grokterm.reproductions.studies import Bisected
from grokterm.runs.folder import find_run
from grokterm.runs.history import read_history
from grokterm.sweeps.cells import CellsReader


class FolderEvidence:
    """Reads the logs of runs and the records of sweeps, each once."""

    def __init__(self, folder: ReproductionFolder, about: Reproduced) -> None:
        self._folder, self._about = folder, about
        self._log = cache(lambda run: RunLog(read_history(find_run(run, folder.path))))

    def runs(self, study: str) -> list[RunLog]:
        """Of whole runs, one a seed; raises RunFolderError."""
        return [self._log(run.run) for run in self._of(study)]

    def brackets(self, study: Bisected) -> list[tuple[float, float]]:
        """Of a study that bisects: between which values the change lies, seed by seed; raises RunFolderError."""
        return [self.bracket(study, seed) for seed in dict.fromkeys(run.seed for run in self._of(study.name))]

    def sweep(self, study: str) -> SweepLog:
        """Of a sweep; raises RunFolderError."""
        folder = self._folder.sweep(study, self._about)
        plan = folder.plan()
        runs = CellsReader(folder.cells_path).read()
        return SweepLog(tuple((dict(plan.cells[run.cell].values), run) for run in runs))

    def bracket(self, study: Bisected, seed: int) -> tuple[float, float]:
        """Between which values of the setting test accuracy begins to fall, by the forks of a seed so far."""
        low, high = study.low, study.high
        for run in self._of(study.name):
            if run.seed == seed and run.line:
                value = float(run.changed[study.setting])
                fell = not self._log(run.run).last("test_accuracy") >= study.accuracy
                low, high = (max(low, value), high) if fell else (low, min(high, value))
        return low, high

    def _of(self, study: str) -> list[KeptRun]:
        return sorted((run for run in self._about.runs if run.study == study), key=lambda run: run.seed)
