"""What one measurement says, and how two things are timed side by side."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from grokterm.bench.budget import Budget
from grokterm.chart import Curve
from grokterm.config import Config

REPETITIONS: Final = 7
"""Times of each side that a median is taken over."""
QUICK_REPETITIONS: Final = 5
"""The same with `--quick`, where there is time for so many."""


@dataclass(frozen=True)
class Goal:
    """What the ratio of a row has to be."""

    words: str
    least: float | None = None
    most: float | None = None

    def held(self, ratio: float) -> bool:
        """Whether a ratio meets the goal."""
        return (self.least is None or ratio >= self.least) and (self.most is None or ratio <= self.most)


@dataclass(frozen=True)
class Row:
    """One line of the table: ours, the other side, their ratio, and the goal."""

    name: str
    what: str
    """What was timed, and what the ratio is of."""
    unit: str
    ours: float | None
    """None where the row was left out."""
    other: float | None = None
    ratio: float | None = None
    goal: Goal | None = None
    at_least: bool = False
    """Whether `other` is only a lower limit, since its time ran out."""
    ours_at_least: bool = False
    """Whether `ours` is only a lower limit, since its time ran out."""
    repetitions: int | None = None
    """How many times, or seeds, `ours` is a median of; None where it is none."""
    more: Mapping[str, float | str] = field(default_factory=dict)
    """Further measures of the same run."""
    why_left_out: str = ""
    """Why there is no figure; empty where there is one."""
    curves: Mapping[str, Curve] = field(default_factory=dict)
    """Test accuracy over steps by the name of what was trained; drawn where a terminal is."""

    @property
    def held(self) -> bool | None:
        """Whether the goal is met; None without a goal, and where lower limits leave it open."""
        if self.goal is None or self.ratio is None:
            return None
        held = self.goal.held(self.ratio)
        # A ratio to a lower limit is one, too: it can meet a goal from below and fail one from above.
        undecided = self.at_least and held == (self.goal.most is not None)
        return None if undecided else held

    @classmethod
    def left_out(cls, name: str, why: str) -> Row:
        """The row of what was not measured."""
        return cls(name, "", "", None, why_left_out=why)

    def as_dict(self) -> dict[str, Any]:
        """The row as one JSON object."""
        own = {"name": self.name, "what": self.what, "unit": self.unit, "ours": self.ours, "other": self.other}
        goal = self.goal.words if self.goal else None
        limits = {"at_least": self.at_least, "ours_at_least": self.ours_at_least, "repetitions": self.repetitions}
        if self.ours is None:
            return {"name": self.name, "ours": None, "left_out": self.why_left_out}
        judged = {"ratio": self.ratio, "goal": goal, "held": self.held}
        return own | limits | judged | {"more": dict(self.more)}


class Medians(dict[str, float]):
    """Median seconds by the side, and of how many repetitions."""

    def __init__(self, times: Mapping[str, list[float]]) -> None:
        """Of as many times of each side."""
        super().__init__({side: statistics.median(seconds) for side, seconds in times.items()})
        self.repetitions = min(map(len, times.values()))


@dataclass
class Bench:
    """How the benchmark is run: `--quick`, `--device`, where progress goes, `--precision`, and the time there is."""

    quick: bool
    device: str
    say: Callable[[str], None]
    precision: str = "auto"
    cache: dict[str, Any] = field(default_factory=dict)
    """Measurements that several rows compare with, by name."""
    budget: Budget = field(default_factory=Budget)

    def config(self, config: Config | None = None) -> Config:
        """A configuration, or that of a one-hot MLP, on the device and in the precision that are measured."""
        return (config or Config(arch="one-hot")).changed({"device": self.device, "precision": self.precision})

    def once(self, name: str, measure: Callable[[], Any]) -> Any:
        """What `measure` gives, taken at most once."""
        if name not in self.cache:
            self.cache[name] = measure()
        return self.cache[name]

    def repeat(self, name: str, part: float = 1.0) -> Iterator[int]:
        """Counts repetitions from 0 while `part` of the time left for a row lasts, and says so; raises LeftOutError."""
        most = QUICK_REPETITIONS if self.quick else REPETITIONS
        for repetition in self.budget.repetitions(most, part):
            self.say(f"{name}: {repetition + 1} of {most}")
            yield repetition

    def medians(
        self,
        name: str,
        sides: Mapping[str, Callable[[], object]],
        warm_up: int = 1,
        parts: int = 1,
        part_of_time: float = 1.0,
    ) -> Medians:
        """Median seconds of each side, timed in turn: a slow moment of the machine then meets them all.

        What is timed are `parts` calls of a side, between those of the others. Raises LeftOutError where there is no
        time for enough repetitions.
        """
        for _ in range(warm_up * parts):
            for act in sides.values():
                act()
                self.budget.check()
        times: dict[str, list[float]] = {side: [] for side in sides}
        for _ in self.repeat(name, part_of_time):
            taken = dict.fromkeys(sides, 0.0)
            for _ in range(parts):
                for side, act in sides.items():
                    start = time.perf_counter()
                    act()
                    taken[side] += time.perf_counter() - start
            for side, seconds in taken.items():
                times[side].append(seconds)
        return Medians(times)
