"""What the runs and sweeps of a reproduction have come to, by their own logs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from grokterm.config import Value, parse, setting_name
from grokterm.errors import RunFolderError
from grokterm.milestones import GROKKED
from grokterm.reproductions.studies import Bisected
from grokterm.runs.columns import Floats
from grokterm.runs.history import COLUMNS, PROGRESS, STRUCTURE, History
from grokterm.wire.swept import SweptRun

if TYPE_CHECKING:
    import numpy.typing as npt


class Evidence(Protocol):
    """The studies of a reproduction by their names."""

    def runs(self, study: str) -> Sequence[RunLog]:
        """Of whole runs, one a seed; raises RunFolderError."""

    def brackets(self, study: Bisected) -> Sequence[tuple[float, float]]:
        """Of a study that bisects: between which values the change lies, seed by seed; raises RunFolderError."""

    def sweep(self, study: str) -> SweepLog:
        """Of a sweep; raises RunFolderError."""


@dataclass(frozen=True, slots=True)
class RunLog:
    """One run as its log has it; steps of what never came are infinite, and undefined measures NaN."""

    history: History

    def step(self, milestone: str = GROKKED.step_name) -> float:
        """At which a milestone came."""
        found = self.history.milestones[milestone]
        return math.inf if found is None else float(found)

    def event(self, name: str) -> float:
        """The first step of an event."""
        return next((float(event.step) for event in self.history.events if event.name == name), math.inf)

    def measure(self, name: str) -> tuple[Floats, Floats]:
        """Steps and values of a measure, [n] each."""
        if name in PROGRESS:
            return self.history.progress(name)
        if name in STRUCTURE:
            return self.history.structure(name)
        if name not in COLUMNS:
            raise RunFolderError(f"logs hold no measure {name!r}")
        return self.history.column("step"), self.history.column(name)

    def last(self, name: str) -> float:
        """The last value of a measure; of those that are not taken at every record, the last that is defined."""
        _, values = self.measure(name)
        if self.diverged:
            return math.nan
        defined = values if name in COLUMNS else values[np.isfinite(values)]
        return float(defined[-1]) if len(defined) else math.nan

    def largest(self, name: str) -> float:
        """Its largest one."""
        _, values = self.measure(name)
        return float(np.nanmax(values)) if np.isfinite(values).any() else math.nan

    def first_step(self, name: str, condition: Callable[[Floats], npt.NDArray[np.bool_]]) -> float:
        """The first step at which a measure meets a condition of its values."""
        steps, values = self.measure(name)
        with np.errstate(invalid="ignore"):
            met = np.nonzero(condition(values) & np.isfinite(values))[0]
        return float(steps[met[0]]) if len(met) else math.inf

    def at(self, name: str, step: float) -> float:
        """The last value of a measure up to a step; NaN before the first."""
        steps, values = self.measure(name)
        before = np.nonzero(steps <= step)[0]
        return float(values[before[-1]]) if len(before) else math.nan

    @property
    def diverged(self) -> bool:
        """Whether it ended with a loss that is not finite."""
        end = self.history.last.step if self.history.last else 0
        return any(event.name == "not_finite" and event.step >= end for event in self.history.events)

    @property
    def keys(self) -> tuple[int, ...]:
        """The last estimate of the key frequencies."""
        return self.history.key_frequencies[-1][1] if self.history.key_frequencies else ()


@dataclass(frozen=True, slots=True)
class SweepLog:
    """The runs of a sweep that have ended, with the settings of each cell."""

    runs_of_cells: tuple[tuple[dict[str, Value], SweptRun], ...]

    def runs(self, **values: Value) -> list[SweptRun]:
        """Those with these settings, in the order of their seeds; raises RunFolderError where there is none."""
        named = {setting_name(name): value for name, value in values.items()}
        wanted = {name: parse(name, value) if isinstance(value, str) else value for name, value in named.items()}
        found = [run for own, run in self.runs_of_cells if all(own.get(n) == v for n, v in wanted.items())]
        if not found:
            raise RunFolderError(f"the sweep has no run with {wanted}")
        return sorted(found, key=lambda run: run.seed)

    def steps(self, milestone: str = GROKKED.step_name, /, **values: Value) -> list[float]:
        """At which a milestone came in each of these runs."""
        found = (getattr(run, milestone) for run in self.runs(**values))
        return [math.inf if step is None else float(step) for step in found]

    def delays(self, **values: Value) -> list[float]:
        """Steps from memorized to grokked of each of these runs."""
        grokked, memorized = self.steps(**values), self.steps("memorized_step", **values)
        return [
            one - other if math.isfinite(other) else math.inf for one, other in zip(grokked, memorized, strict=True)
        ]

    def last(self, measure: str, /, **values: Value) -> list[float]:
        """The last value of a measure of each of these runs."""
        found = (getattr(run, measure) for run in self.runs(**values))
        return [math.nan if value is None else float(value) for value in found]

    def share(self, **values: Value) -> float:
        """Of these runs, those that grokked."""
        steps = self.steps(**values)
        return sum(map(math.isfinite, steps)) / len(steps)


def ratios(above: Sequence[float], below: Sequence[float]) -> list[float]:
    """Of two figures, seed by seed; undefined where both are infinite or both 0."""
    found = []
    for one, other in zip(above, below, strict=True):
        if (math.isinf(one) and math.isinf(other)) or one == other == 0:
            found.append(math.nan)
        elif math.isinf(other):
            found.append(0.0)
        else:
            found.append(math.inf if other == 0 else one / other)
    return found
