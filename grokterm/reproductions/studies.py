"""Studies: what a reproduction trains, as whole runs, as sweeps, and as forks of its runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from grokterm.config import Config, Value
from grokterm.sweeps.axes import read_axes
from grokterm.sweeps.plan import Plan


@dataclass(frozen=True, slots=True)
class Trained:
    """Whole runs, one a seed, whose logs hold all measures."""

    name: str
    given: Mapping[str, Value]
    """Settings that are not what a run with this task and architecture begins with; `until` among them."""
    seeds: int | None = None
    """As many as the reproduction has, where it is None."""

    def config(self, seed: int, machine: Mapping[str, Value]) -> Config:
        """Of the run of a seed, counted from 0; raises ConfigError."""
        first = int(self.given.get("seed", 0))
        return Config.starting({"pace": "max", **self.given, **machine, "seed": first + seed})


@dataclass(frozen=True, slots=True)
class Forked:
    """Runs that go on from the last step of each run of another study, with settings changed there."""

    name: str
    parent: str
    """The name of that study."""
    changed: Mapping[str, Value]
    steps: int
    """That each takes from there."""


@dataclass(frozen=True, slots=True)
class Bisected:
    """Forks of each run of another study that halve, time after time, where a setting makes test accuracy fall."""

    name: str
    parent: str
    setting: str
    low: float
    """A value at which it falls below `accuracy`."""
    high: float
    """One at which it stays."""
    rounds: int
    steps: int
    """That each fork takes."""
    accuracy: float = 0.5


@dataclass(frozen=True, slots=True)
class Swept:
    """A sweep."""

    name: str
    given: Mapping[str, Value]
    over: tuple[str, ...]
    """As on the command line: wd=0.3,1,3."""
    zipped: tuple[str, ...] = ()
    where: str = ""
    seeds: int | None = None
    """As for `Trained`."""

    def plan(self, seeds: int, machine: Mapping[str, Value]) -> Plan:
        """What it trains, with as many seeds where it has no number of its own; raises ConfigError."""
        given = {name: value for name, value in {**self.given, **machine}.items() if name != "pace"}
        return Plan(given, read_axes(self.over, self.zipped), self.seeds or seeds, self.where)


Study = Trained | Forked | Bisected | Swept
