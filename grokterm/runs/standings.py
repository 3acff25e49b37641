"""How compared runs stand: when each memorized and grokked, in steps and seconds, and how that is to the baseline."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from grokterm.config import settings
from grokterm.milestones import GROKKED, MILESTONES
from grokterm.runs.columns import Floats
from grokterm.runs.compared import ComparedRun

RATES: Final = ("lr", "muon_lr")
"""Settings that are learning rates: runs that differ in them alone are one rule, tuned."""


@dataclass(frozen=True, slots=True)
class Reached:
    """When a run came to a milestone."""

    steps: int
    """Counted from where the runs part; 0 or less where it was there before."""
    seconds: float
    """Spent training, counted from there too."""


@dataclass(frozen=True, slots=True)
class Course:
    """A run from where the runs part to where they are cut: the records that count."""

    first: int
    """The first record that counts."""
    end: int
    """The record after the last that counts."""
    seconds: Floats
    """Seconds spent training since the first of them, one for each, [end − first]."""


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one run stands."""

    milestones: Mapping[str, Reached | None]
    """By the name of its step; None where it has not come to it yet, or only beyond the cut."""
    ratio: float | None
    """What it took to grok, to what the baseline took; None where either has not grokked."""


@dataclass(frozen=True, slots=True)
class Standings:
    """Where all of them stand."""

    start: int
    """The step at which the runs part: 0, or where all of them were forked from one run."""
    cut: float | None
    """The seconds at which all are cut; None where they are not."""
    courses: tuple[Course, ...]
    rows: tuple[Standing, ...]
    baseline: int
    """The run that ratios are to: the first one or, of those that differ from it in rates alone, the best."""
    rates: int
    """How many rates of the baseline's rule were tried."""
    settled: bool
    """Whether no other of them can become the baseline any more."""


def standings(runs: Sequence[ComparedRun], equal_seconds: bool = False) -> Standings:
    """Where runs stand by their logs; with `equal_seconds` only up to the seconds that all of them have come to."""
    start = start_of(runs)
    courses = [_course(run, start) for run in runs]
    ends = [float(course.seconds[-1]) for course in courses if course.seconds.size]
    cut = min(ends) if equal_seconds and ends else None
    if cut is not None:
        courses = [_cut(course, cut) for course in courses]
    reached = [_milestones(run, course, start) for run, course in zip(runs, courses, strict=True)]

    def took(at: int) -> float | None:
        found = reached[at][GROKKED.step_name]
        return None if found is None else found.seconds if equal_seconds else found.steps

    tuned = _at_other_rates(runs)
    took_of = {at: value for at in tuned if (value := took(at)) is not None}
    baseline = min(took_of, key=took_of.__getitem__, default=0)
    best = took_of.get(baseline)
    rows = [Standing(found, _ratio(took(at), best)) for at, found in enumerate(reached)]
    open_still = [at for at in tuned if at not in took_of and best is not None and not _is_past(runs[at], start + best)]
    settled = best is not None and (cut is not None or not open_still)
    return Standings(start, cut, tuple(courses), tuple(rows), baseline, len(tuned), settled)


def start_of(runs: Sequence[ComparedRun]) -> int:
    """The step at which all runs were forked from one, if they were; else 0."""
    forks = {(run.fork.run, run.fork.path, run.fork.step) if run.fork else None for run in runs}
    (fork,) = forks if len(forks) == 1 else (None,)
    return fork[2] if fork else 0


def _course(run: ComparedRun, start: int) -> Course:
    """The records beyond the start; a fork repeats its parent before, which takes seconds that are not its own."""
    steps, seconds = run.history.column("step"), run.history.column("seconds")
    first = int(np.searchsorted(steps, start, side="right")) if start else 0
    zero = float(seconds[first]) if start and first < len(steps) else 0.0
    return Course(first, len(steps), seconds[first:] - zero)


def _cut(course: Course, cut: float) -> Course:
    kept = int(np.searchsorted(course.seconds, cut, side="right"))
    return Course(course.first, course.first + kept, course.seconds[:kept])


def _milestones(run: ComparedRun, course: Course, start: int) -> dict[str, Reached | None]:
    return {m.step_name: _reached(run, course, start, run.history.milestones[m.step_name]) for m in MILESTONES}


def _reached(run: ComparedRun, course: Course, start: int, step: int | None) -> Reached | None:
    """When a run came to `step`, if that counts."""
    if step is None:
        return None
    if start and step <= start:
        return Reached(step - start, 0.0)
    at = int(np.searchsorted(run.history.column("step"), step)) - course.first
    return Reached(step - start, float(course.seconds[at])) if 0 <= at < course.seconds.size else None


def _at_other_rates(runs: Sequence[ComparedRun]) -> list[int]:
    """The first run, and those that differ from it in learning rates alone, one for each rate."""
    signs = [_sign(run) for run in runs]
    found: dict[object, int] = {}
    for at, (rates, others) in enumerate(signs):
        if others == signs[0][1]:
            found.setdefault(rates, at)
    return list(found.values())


def _sign(run: ComparedRun) -> tuple[object, object]:
    """The rates of a run, and all else that it is, in the beginning and now, but pace and goal."""
    config, first = run.history.config.as_dict(), run.history.first_config.as_dict()
    others = [name for name in settings() if name not in RATES and settings()[name].group != "Run"]
    return tuple(config[name] for name in RATES), [(first[name], config[name]) for name in others]


def _is_past(run: ComparedRun, step: float) -> bool:
    """Whether a run has come as far as a step."""
    return run.history.last is not None and run.history.last.step >= step


def _ratio(took: float | None, best: float | None) -> float | None:
    return None if took is None or not best else took / best
