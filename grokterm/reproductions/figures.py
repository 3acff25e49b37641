"""How figures are read from evidence, where several papers read them alike."""

from __future__ import annotations

from grokterm.config import Value
from grokterm.milestones import GROKKED
from grokterm.reproductions.claims import Figures
from grokterm.reproductions.evidence import ratios


def last(study: str, measure: str) -> Figures:
    """The last value of a measure of whole runs."""
    return lambda found: [run.last(measure) for run in found.runs(study)]


def step_of(study: str, milestone: str = GROKKED.step_name) -> Figures:
    """At which step whole runs came to a milestone."""
    return lambda found: [run.step(milestone) for run in found.runs(study)]


def share(study: str, **values: Value) -> Figures:
    """The share of the runs of a sweep with these settings that grokked."""
    return lambda found: [found.sweep(study).share(**values)]


def steps_over(
    study: str, one: dict[str, Value], other: dict[str, Value], milestone: str = GROKKED.step_name
) -> Figures:
    """Steps to a milestone of runs of a sweep over those of others, seed by seed."""
    return lambda found: ratios(
        found.sweep(study).steps(milestone, **one), found.sweep(study).steps(milestone, **other)
    )
