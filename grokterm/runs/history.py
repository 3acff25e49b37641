"""What a run has done so far, made from the records of its log."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec

from grokterm.config import Config, Value
from grokterm.milestones import MILESTONES
from grokterm.runs.columns import Columns, Floats, Kind, RowsByStep
from grokterm.runs.folder import RunFolder
from grokterm.runs.log import LogReader
from grokterm.wire.records import (
    Change,
    Event,
    OldProgress,
    PluginMeasures,
    Progress,
    Record,
    Scalars,
    Session,
    Spectrum,
    Structure,
)

_NO_NUMBERS: Final = ("key_frequencies", "squared_weights")
COLUMNS: Final = tuple(name for name in Scalars.__struct_fields__ if name not in _NO_NUMBERS)
"""Names that `History.column` knows: step, seconds, losses, accuracies, Σθ², gradient norm, Gini coefficients."""
PROGRESS: Final = tuple(name for name in Progress.__struct_fields__ if name not in ("step", "basis"))
"""Names that `History.progress` knows: the progress measures."""
STRUCTURE: Final = tuple(name for name in Structure.__struct_fields__ if name != "step")
"""Names that `History.structure` knows: explained neurons, and the gauges of clock and pizza."""
PHASES: Final = ("memorizing", "generalizing", "grokked", "collapsed")
"""Phases, each the name of the event with which it begins."""
CIRCUIT_PHASES: Final = ("memorization", "circuit_formation", "clean_up")
"""Phases by the progress measures, each the name of the event with which it begins."""


class History:
    """A run's log in memory: numbers as growing columns, all else as lists in the order of the log."""

    def __init__(self, config: Config, kind: Kind = "float64") -> None:
        """Starts from the run's first configuration, before any record.

        Columns other than steps keep their numbers as `kind`: float32 is enough to draw them, and half as large.
        """
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
        self.milestones: dict[str, int | None] = dict.fromkeys(milestone.step_name for milestone in MILESTONES)
        """Step at which the present model first reached each milestone; a rebuilt model starts anew."""
        self.circuit_phase = "memorization"
        self.circuit_steps: dict[str, int] = {"memorization": 0}
        """As `phase_steps`, for the phases by the progress measures."""
        self.circuit_words = ""
        """The numbers that decided the present one; empty before the first event."""
        self.basis = ""
        """In what frequencies are counted; `none` where nothing of them is defined, empty before the first record."""
        self.key_frequencies: list[tuple[int, tuple[int, ...]]] = []
        """The estimates of the key frequencies, each with the step at which it took the place of the last one."""
        self.spectra = RowsByStep()
        """Fourier norms of the first layer or the embedding at k = 1 …, a row for each of some steps."""
        self._believes_no_circuit = False
        """Whether phases of the circuit come from measures that hold for tables learned by heart too."""
        self._scalars = Columns(COLUMNS, kind)
        self._progress = Columns(["step", *PROGRESS], kind)
        self._weights = Columns(["step"], kind)
        self._structure = Columns(["step", *STRUCTURE], kind)
        self._of_plugins = Columns(["step"], kind)

    def __len__(self) -> int:
        """Number of Scalars records."""
        return len(self._scalars)

    def column(self, name: str) -> Floats:
        """One number of every Scalars record, [n], NaN where it was not finite or not there; do not write to it."""
        return self._scalars.column(name)

    def progress(self, name: str) -> tuple[Floats, Floats]:
        """Steps and values of one progress measure, [n] each, NaN where it is not defined; do not write to them."""
        return self._progress.column("step"), self._progress.column(name)

    def structure(self, name: str) -> tuple[Floats, Floats]:
        """Steps and values of one measure of the circuit's structure, as for `progress`."""
        return self._structure.column("step"), self._structure.column(name)

    @property
    def matrices(self) -> tuple[str, ...]:
        """The weight matrices by name, those of models before a rebuild too."""
        return self._weights.names[1:]

    def squared_weights(self, matrix: str) -> tuple[Floats, Floats]:
        """Steps and Σθ² of one weight matrix, as for `progress`; NaN where the model had no such matrix."""
        return self._weights.column("step"), self._weights.column(matrix)

    @property
    def plugin_measures(self) -> tuple[str, ...]:
        """The measures of plugins by name."""
        return self._of_plugins.names[1:]

    def of_plugin(self, measure: str) -> tuple[Floats, Floats]:
        """Steps and values of one measure of a plugin, as for `progress`."""
        return self._of_plugins.column("step"), self._of_plugins.column(measure)

    def add(self, records: Iterable[Record]) -> None:
        """Takes the next records of the log; raises ConfigError on a change that no configuration can have."""
        scalars: list[Scalars] = []
        progress: list[Progress] = []
        structure: list[Structure] = []
        of_plugins: list[PluginMeasures] = []
        for record in records:
            self.version += 1
            match record:
                case Scalars():
                    scalars.append(record)
                    self._add_keys(record.step, record.key_frequencies)
                case Progress():
                    progress.append(record)
                    self.basis, self._believes_no_circuit = record.basis, False
                case OldProgress():
                    self._believes_no_circuit = True
                case Spectrum():
                    self.spectra.append(record.step, record.norms)
                case Structure():
                    structure.append(record)
                case PluginMeasures():
                    of_plugins.append(record)
                case Change():
                    self._add_change(record)
                case Event():
                    self._add_event(record)
                case Session():
                    self.sessions.append(record)
        self._scalars.append_rows([[getattr(r, name) for name in COLUMNS] for r in scalars])
        self._weights.extend([{"step": r.step, **r.squared_weights} for r in scalars if r.squared_weights])
        self.last = scalars[-1] if scalars else self.last
        self._progress.append_rows([(r.step, *(getattr(r, name) for name in PROGRESS)) for r in progress])
        self._structure.append_rows([msgspec.structs.astuple(record) for record in structure])
        self._of_plugins.extend([{**r.values, "step": r.step} for r in of_plugins])

    def _add_keys(self, step: int, keys: tuple[int, ...] | None) -> None:
        if keys is not None and (not self.key_frequencies or self.key_frequencies[-1][1] != keys):
            self.key_frequencies.append((step, keys))

    def _add_change(self, change: Change) -> None:
        self.config = self.config.changed(change.values)
        self.changes.append(change)
        if change.rebuilt:
            self.phase = "memorizing"
            self.phase_steps = {"memorizing": change.step}
            self.milestones = dict.fromkeys(self.milestones)
            self.circuit_phase, self.circuit_words = "memorization", ""
            self.circuit_steps = {"memorization": change.step}

    def _add_event(self, event: Event) -> None:
        if event.name in CIRCUIT_PHASES and self._believes_no_circuit:
            return
        self.events.append(event)
        if event.name in PHASES:
            self.phase = event.name
            self.phase_steps[event.name] = event.step
        if event.name in CIRCUIT_PHASES:
            self.circuit_phase, self.circuit_words = event.name, event.words
            self.circuit_steps[event.name] = event.step
        for milestone in MILESTONES:
            if milestone.event == event.name and self.milestones[milestone.step_name] is None:
                self.milestones[milestone.step_name] = event.step


def config_at(history: History, step: float) -> Config:
    """The configuration after the changes that were made up to and at a step."""
    values: dict[str, Value] = {}
    for change in history.changes:
        if change.step <= step:
            values |= change.values
    return history.first_config.changed(values)


def read_history(folder: RunFolder) -> History:
    """The whole history of a run; raises RunFolderError, ConfigError where its files are damaged."""
    history = History(folder.config())
    for batch in LogReader(folder.log_path).batches():
        history.add(batch)
    return history
