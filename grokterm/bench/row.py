"""What one measurement says, and how two things are timed side by side."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from grokterm.chart import Curve
from grokterm.config import Config

REPETITIONS: Final = 7
"""Times of each side that a median is taken over, at least."""


@dataclass(frozen=True)
class Goal:
    """What the ratio of a row has to be."""

    words: str
    least: float | None = None
    most: float | None = None

    def held(self, ratio: float) -> bool:
        """Whether a ratio lies where it has to."""
        return (self.least is None or ratio >= self.least) and (self.most is None or ratio <= self.most)


@dataclass(frozen=True)
class Row:
    """One line of the table: ours, the other side, their ratio, and the goal."""

    name: str
    what: str
    """What was timed, and what the ratio is of."""
    unit: str
    ours: float
    other: float | None = None
    ratio: float | None = None
    goal: Goal | None = None
    at_least: bool = False
    """Whether `other` is only a lower limit, since its time ran out."""
    more: Mapping[str, float | str] = field(default_factory=dict)
    """Further measures of the same run."""
    curves: Mapping[str, Curve] = field(default_factory=dict)
    """Test accuracy over steps by the name of what was trained; drawn where a terminal is."""

    @property
    def held(self) -> bool | None:
        """Whether the goal is met; None without a goal."""
        return None if self.goal is None or self.ratio is None else self.goal.held(self.ratio)

    def as_dict(self) -> dict[str, Any]:
        """The row as one JSON object."""
        own = {"name": self.name, "what": self.what, "unit": self.unit, "ours": self.ours, "other": self.other}
        goal = self.goal.words if self.goal else None
        judged = {"at_least": self.at_least, "ratio": self.ratio, "goal": goal, "held": self.held}
        return own | judged | {"more": dict(self.more)}


@dataclass
class Bench:
    """How the benchmark is run: `--quick`, `--device`, where progress goes, and `--precision`."""

    quick: bool
    device: str
    say: Callable[[str], None]
    precision: str = "auto"
    kept: dict[str, Any] = field(default_factory=dict)
    """Measurements that several rows compare with, by name."""

    def config(self, config: Config | None = None) -> Config:
        """A configuration, or the default one, on the device and in the precision that are measured."""
        return (config or Config()).changed({"device": self.device, "precision": self.precision})

    def once(self, name: str, measure: Callable[[], Any]) -> Any:
        """What `measure` gives, taken at most once."""
        if name not in self.kept:
            self.kept[name] = measure()
        return self.kept[name]

    def medians(
        self, name: str, sides: Mapping[str, Callable[[], object]], warm_up: int = 1, parts: int = 1
    ) -> dict[str, float]:
        """Median seconds of each side, timed in turn: a slow moment of the machine then meets them all.

        What is timed are `parts` calls of a side, between those of the others.
        """
        for _ in range(warm_up * parts):
            for act in sides.values():
                act()
        times: dict[str, list[float]] = {side: [] for side in sides}
        for repetition in range(REPETITIONS):
            self.say(f"{name}: {repetition + 1} of {REPETITIONS}")
            taken = dict.fromkeys(sides, 0.0)
            for _ in range(parts):
                for side, act in sides.items():
                    start = time.perf_counter()
                    act()
                    taken[side] += time.perf_counter() - start
            for side, seconds in taken.items():
                times[side].append(seconds)
        return {side: statistics.median(seconds) for side, seconds in times.items()}
