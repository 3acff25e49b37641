"""Phases, their events, key frequencies and troubles, as they follow from the records of training alone."""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import Final

from grokterm.analysis.circuit_phases import CircuitPhase, CircuitPhases
from grokterm.analysis.phases import PhaseTracker
from grokterm.config import Config
from grokterm.milestones import phase_accuracies
from grokterm.training.verdicts import Verdicts
from grokterm.training.watchman import Watchman
from grokterm.wire.records import Change, CircuitEventName, Event, Progress, Scalars, TrainingRecord

_EVENTS: Final[dict[CircuitPhase, CircuitEventName]] = {
    "memorization": "memorization",
    "circuit formation": "circuit_formation",
    "clean-up": "clean_up",
}


class Trackers:
    """Phases, key frequencies and troubles by the records so far; feeding it a log's records again restores it."""

    def __init__(self, config: Config) -> None:
        """Stands at the start of a run with this first configuration."""
        self.phases = PhaseTracker(phase_accuracies(config.chance))
        self.circuit = CircuitPhases(config.shape.answers)
        self.watchman = Watchman(config.on_trouble != "off")
        self._verdicts = Verdicts(config)
        self._train_fraction = config.train_fraction
        self.largest_train_fraction = config.train_fraction
        """Of the present model: pairs that it was trained on before stay in its memory when the share is cut."""
        self._estimates: list[tuple[int, tuple[int, ...]]] = [(0, ())]
        """Each estimate of the key frequencies with the first step of which it is the last one."""
        self._last: Scalars | None = None

    @property
    def keys(self) -> tuple[int, ...]:
        """The last estimate of the key frequencies of the present model."""
        return self._estimates[-1][1]

    def keys_at(self, step: int) -> tuple[int, ...]:
        """The last estimate up to the model of a step, before the changes that were made there."""
        return self._estimates[max(bisect_right(self._estimates, step, key=lambda one: one[0]) - 1, 0)][1]

    def update(self, record: TrainingRecord) -> list[Event]:
        """The events that follow from the next record: troubles, then phases."""
        return [*self.watchman.update(record), *self._phase_events(record)]

    def _phase_events(self, record: TrainingRecord) -> list[Event]:
        match record:
            case Scalars():
                self._last = record
                if record.key_frequencies is not None:
                    self._estimate(record.step, record.key_frequencies)
                found = self.phases.update(record.step, record.train_accuracy, record.test_accuracy)
                events = [Event(record.step, name, words) for name, words in found]
                return [*self._verdicts.update(record), *events]
            case Progress():
                return self._circuit_events(record)
            case Change():
                self._change(record)
        return []

    def _change(self, change: Change) -> None:
        self._verdicts.change(change)
        self._train_fraction = float(change.values.get("train_fraction", self._train_fraction))
        self.largest_train_fraction = max(self.largest_train_fraction, self._train_fraction)
        if {"loss", "temperature"} & change.values.keys():
            self.circuit.change_loss()
        if change.rebuilt:
            self.largest_train_fraction = self._train_fraction
            self.phases.restart()
            self.circuit.restart()
            self._estimate(change.step + 1, ())

    def _estimate(self, step: int, keys: tuple[int, ...]) -> None:
        if keys != self.keys:
            self._estimates.append((step, keys))

    def _circuit_events(self, record: Progress) -> list[Event]:
        last = self._last
        if last is None or last.step != record.step:  # the losses that belong to it are not known
            return []
        loss, squares = (math.nan if x is None else x for x in (last.test_loss, last.sum_squared_weights))
        found = self.circuit.update(record, loss, squares)
        return [Event(record.step, _EVENTS[phase], words) for phase, words in found]
