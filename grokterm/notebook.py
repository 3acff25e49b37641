"""Reading runs from a notebook: `grokterm.open_run("last")`; nothing is written and no trainer is started."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from grokterm.config import Config
from grokterm.errors import ConfigError, RunFolderError
from grokterm.loading import let_threads_sleep
from grokterm.plugins.loading import load_for_notebook
from grokterm.runs.checkpoints import list_checkpoints, parse_name
from grokterm.runs.columns import Floats
from grokterm.runs.emergence import Peak, acceleration, delay, generalization_gap
from grokterm.runs.folder import Parent, RunFolder, find_run, home_path
from grokterm.runs.history import COLUMNS, PROGRESS, STRUCTURE, History
from grokterm.runs.log import LogReader
from grokterm.runs.log_index import LogIndex, last_step
from grokterm.runs.opened import opened_weights
from grokterm.wire.records import Change, Event, Record, Session

if TYPE_CHECKING:
    from grokterm.snapshot import Snapshot
    from grokterm.training.trackers import Trackers
    from grokterm.training.walk import Walk


class Run:
    """A run as read from its folder when it was opened."""

    def __init__(self, folder: RunFolder) -> None:
        """Reads configuration and log; raises RunFolderError, ConfigError."""
        self._folder = folder
        self._records: list[Record] = LogReader(folder.log_path).read()
        self._history = History(folder.config())
        self._history.add(self._records)
        self._walk: Walk | None = None
        self._device: str | None = None
        self.id: str = folder.id
        self.path: Path = folder.path
        self.first_config: Config = self._history.first_config
        """The configuration with which it began."""
        self.config: Config = self._history.config
        """The present one: the first with all changes."""
        self.parent: Parent | None = folder.parent()
        """The run from which it was forked: run, path and step."""
        self.changes: list[Change] = self._history.changes
        self.events: list[Event] = self._history.events
        self.sessions: list[Session] = self._history.sessions
        """What its trainers did, and on what they trained (`about`)."""
        self.last_step: int = last_step(folder, self._records)
        """The step to which it had come."""
        self.phase: str = self._history.phase
        self.key_frequencies: list[tuple[int, tuple[int, ...]]] = self._history.key_frequencies
        """Each estimate with the step at which it took the place of the last one."""
        self.milestones: dict[str, int | None] = self._history.milestones

    def __repr__(self) -> str:
        return f"<run {self.id}: step {self.last_step:,}, {self.phase}>"

    @cached_property
    def history(self) -> dict[str, npt.NDArray[Any]]:
        """A column a measure, each [n]: step as int64, all others as float64 with NaN where there was no number."""
        columns: dict[str, npt.NDArray[Any]] = {name: self._history.column(name).copy() for name in COLUMNS}
        return columns | {"step": columns["step"].astype(np.int64)}

    @cached_property
    def progress(self) -> dict[str, npt.NDArray[Any]]:
        """The progress measures as columns, each [n], with the steps at which they were taken; NaN where undefined."""
        return _columns(self._history.progress, PROGRESS)

    @cached_property
    def structure(self) -> dict[str, npt.NDArray[Any]]:
        """Explained neurons and the gauges of clock and pizza as columns, as for `progress`.

        Gradient symmetricity is defined for addition with one embedding of both numbers (transformer), NaN elsewhere.
        """
        return _columns(self._history.structure, STRUCTURE)

    @property
    def generalization_gap(self) -> npt.NDArray[Any]:
        """Train accuracy minus test accuracy at the steps of `history`, [n]."""
        return generalization_gap(self._history)

    @property
    def acceleration(self) -> Peak | None:
        """The step of the largest second difference of test accuracy, averaged over `window` steps; per step²."""
        return acceleration(self._history)

    @property
    def delay(self) -> int | None:
        """Steps from memorization to grokking (test accuracy ≥ .99)."""
        return delay(self._history)

    @cached_property
    def squared_weights(self) -> dict[str, npt.NDArray[Any]]:
        """Σθ² of every weight matrix by name as columns, as for `progress`; NaN where the model had no such matrix."""
        return _columns(self._history.squared_weights, self._history.matrices)

    @cached_property
    def plugin_measures(self) -> dict[str, npt.NDArray[Any]]:
        """The measures of plugins by name as columns, as for `progress`."""
        return _columns(self._history.of_plugin, self._history.plugin_measures)

    @property
    def spectra(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float32]]:
        """Steps [n], and the Fourier norms of the first layer or the embedding there, [n, frequencies] from k = 1."""
        return self._history.spectra.steps.copy(), self._history.spectra.rows.copy()

    @property
    def checkpoints(self) -> list[int]:
        """The steps of its checkpoints, from which any other step is reached."""
        return sorted({parse_name(path)[0] for path in list_checkpoints(self._folder.checkpoint_folder)})

    def at(self, step: int, device: str | None = None) -> Snapshot:
        """The model after `step` steps, before the changes made there: from a checkpoint, through repeated steps.

        Exact where device, threads and versions are those of the run; `device` asks for another one. A checkpoint
        that cannot be used is warned of, and the one before it taken. Raises RunFolderError where the run has no
        such step, ConfigError for a device that is not there.
        """
        if not 0 <= step <= self.last_step:
            raise RunFolderError(f"{self.id} has steps 0 to {self.last_step:,}, and {step:,} is none of them")
        if step not in self.checkpoints and opened_weights(self._folder) is not None:
            raise RunFolderError(f"{self.id} holds weights that were opened: `checkpoints` are its steps")
        walk = self._walk_before(step, device)
        from grokterm.lab.tuples import TupleTask
        from grokterm.snapshot import Snapshot
        from grokterm.training.checkpoint_series import CheckpointSeries
        from grokterm.training.recording import seen_pairs

        walk.advance_to(step)
        engine, trackers = walk.engine, self._trackers_before(step)
        return Snapshot(
            step=step,
            config=engine.config,
            labels=engine.data.labels.cpu().numpy(),
            train=engine.data.train_mask.cpu().numpy(),
            tokens=engine.data.points.cpu().numpy() if isinstance(engine.data, TupleTask) else None,
            parameters={name: tensor.cpu().numpy().copy() for name, tensor in engine.parameters.items()},
            _model=engine.network,
            _tensors={name: tensor.clone() for name, tensor in engine.parameters.items()},
            _seen=seen_pairs(engine, trackers.largest_train_fraction),
            _keys=trackers.keys,
            _earlier=CheckpointSeries(self._folder).before,
        )

    def _trackers_before(self, step: int) -> Trackers:
        """Where the run stood before a step, by the records of its log."""
        from grokterm.training.trackers import Trackers

        trackers = Trackers(self._folder.config())
        for record in self._records:
            if not isinstance(record, Session) and record.step < step:
                trackers.update(record)
        return trackers

    def _walk_before(self, step: int, device: str | None) -> Walk:
        """A walk not beyond a step: the one of the last question where that is nearest, else from a checkpoint."""
        _prepare()
        from grokterm.training.restore import walk_from_checkpoint

        walk, self._walk = self._walk, None  # left behind where going on fails
        nearest, log = max((at for at in self.checkpoints if at <= step), default=0), LogIndex(self._records)
        usable = walk is not None and self._device == device and nearest <= walk.step <= step
        if walk is None or not usable or walk.changes_made > log.changes_before(step):
            walk, complaints = walk_from_checkpoint(self._folder, log, step, device)
            for complaint in complaints:
                warnings.warn(complaint, stacklevel=3)
        self._walk, self._device = walk, device
        return walk


def open_run(
    run: str | os.PathLike[str] = "last",
    runs: str | os.PathLike[str] | None = None,
    *,
    plugin: str | Sequence[str] = (),
    allow_plugin: str | Sequence[str] = (),
) -> Run:
    """A run by its id, number, unique beginning, `last`, or path; raises RunFolderError where there is none.

    `runs` is the folder of all runs, by default the one that the command line uses. `plugin` and `allow_plugin` are
    what the options of the command line are, for a run that was made with plugins.
    """
    load_for_notebook(plugin, allow_plugin)
    home = home_path(Path(runs) if runs is not None else None)
    name = run if isinstance(run, str) else str(Path(run).absolute())
    if not home.is_dir() and os.sep not in name:
        raise RunFolderError(f"there is no run in {home} yet")
    folder = find_run(name, home)
    try:
        return Run(folder)
    except ConfigError as error:
        raise RunFolderError(f"the log of {folder.id} holds a change that cannot be made: {error}") from None


def _columns(read: Callable[[str], tuple[Floats, Floats]], names: Sequence[str]) -> dict[str, npt.NDArray[Any]]:
    """Copies of columns by name, and of the steps that they have in common."""
    return {"step": read("step")[0].astype(np.int64)} | {name: read(name)[1].copy() for name in names}


def _prepare() -> None:
    """Sets this process up as a trainer is, so that it makes the same bits."""
    let_threads_sleep()
    from grokterm.kernels.build import build
    from grokterm.lab import native

    if not native.loaded():
        native.load(build())
