"""What a run has done so far, made from the records of its log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
import numpy as np
import numpy.typing as npt

from grokterm.config import Config
from grokterm.wire.records import Change, Event, Record, Scalars, Session

COLUMNS: Final = tuple(field.name for field in msgspec.structs.fields(Scalars))
"""Names that `History.column` knows: step, seconds, losses, accuracies, Σθ², gradient norm."""
PHASES: Final = ("memorizing", "generalizing", "grokked", "collapsed")
"""Phases, each the name of the event with which it begins."""
MILESTONES: Final = {
    "memorized": "memorized_step",
    "grokked_90": "grokked_step_90",
    "grokked_95": "grokked_step_95",
    "grokked": "grokked_step_99",
}
"""Event → milestone: the step at which it happened first."""


class History:
    """A run's log in memory: numbers as growing columns, all else as lists in the order of the log."""

    def __init__(self, config: Config) -> None:
        """Starts from the run's first configuration, before any record."""
        self.first_config = config
        self.config = config
        """The present configuration: the first one with all changes applied."""
        self.last: Scalars | None = None
        self.changes: list[Change] = []
        self.events: list[Event] = []
        self.sessions: list[Session] = []
        self.version = 0
        """Number of records so far."""
        self.phase = "memorizing"
        self.phase_steps: dict[str, int] = {"memorizing": 0}
        """Step at which each phase of the present model last began; phases that never began are left out."""
        self.milestones: dict[str, int | None] = dict.fromkeys(MILESTONES.values())
        """Step at which the present model first reached each milestone; a rebuilt model starts anew."""
        self._length = 0
        self._columns: npt.NDArray[np.float64] = np.empty((len(COLUMNS), 256))

    def __len__(self) -> int:
        """Number of Scalars records."""
        return self._length

    def column(self, name: str) -> npt.NDArray[np.float64]:
        """One number of every Scalars record, [n], NaN where it was not finite or not there; do not write to it."""
        return self._columns[COLUMNS.index(name), : self._length]

    def add(self, records: Iterable[Record]) -> None:
        """Takes the next records of the log; raises ConfigError on a change that no configuration can have."""
        scalars: list[Scalars] = []
        for record in records:
            self.version += 1
            match record:
                case Scalars():
                    scalars.append(record)
                case Change():
                    self._add_change(record)
                case Event():
                    self._add_event(record)
                case Session():
                    self.sessions.append(record)
        self._add_scalars(scalars)

    def _add_change(self, change: Change) -> None:
        self.config = self.config.changed(change.values)
        self.changes.append(change)
        if change.rebuilt:
            self.phase = "memorizing"
            self.phase_steps = {"memorizing": change.step}
            self.milestones = dict.fromkeys(self.milestones)

    def _add_event(self, event: Event) -> None:
        self.events.append(event)
        if event.name in PHASES:
            self.phase = event.name
            self.phase_steps[event.name] = event.step
        milestone = MILESTONES.get(event.name)
        if milestone and self.milestones[milestone] is None:
            self.milestones[milestone] = event.step

    def _add_scalars(self, scalars: list[Scalars]) -> None:
        if not scalars:
            return
        self.last = scalars[-1]
        length = self._length + len(scalars)
        capacity = self._columns.shape[1]
        if length > capacity:
            grown = np.empty((len(COLUMNS), max(length, 2 * capacity)))
            grown[:, : self._length] = self._columns[:, : self._length]
            self._columns = grown
        rows = np.array([msgspec.structs.astuple(record) for record in scalars], dtype=np.float64)
        self._columns[:, self._length : length] = rows.T
        self._length = length
