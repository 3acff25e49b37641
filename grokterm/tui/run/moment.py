"""A step of the past, by what the log says of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from grokterm.config import Config
from grokterm.runs.history import PHASES, History, config_at


@dataclass(frozen=True, slots=True)
class Moment:
    """A logged step at which the run is looked at."""

    step: int
    config: Config
    """Before the changes that were made at this step."""
    train_accuracy: float
    test_accuracy: float
    seconds: float
    """Seconds spent training until then."""


def moment_of(history: History, index: int) -> Moment:
    """The moment of the record `index` of those that hold numbers; raises IndexError."""
    step = int(history.column("step")[index])
    train, test, seconds = (
        float(history.column(name)[index]) for name in ("train_accuracy", "test_accuracy", "seconds")
    )
    return Moment(step, config_at(history, step - 1), train, test, seconds)


def index_of(history: History, step: int) -> int:
    """The last record at or before a step; 0 where there is none."""
    return max(0, int(np.searchsorted(history.column("step"), step, side="right")) - 1)


def phase_starts(history: History) -> list[tuple[int, str]]:
    """The steps at which phases began, those of rebuilt models too, each with the name of the phase."""
    begun = [(event.step, event.name) for event in history.events if event.name in PHASES]
    rebuilt = [(change.step, PHASES[0]) for change in history.changes if change.rebuilt]
    return sorted([(0, PHASES[0]), *begun, *rebuilt], key=lambda start: start[0])
