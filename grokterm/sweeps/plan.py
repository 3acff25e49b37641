"""The plan of a sweep: a base configuration, axes, seeds and a budget give its cells and their runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import Final, get_args

from grokterm.config import Config, Value, choices, field_type, settings
from grokterm.errors import ConfigError
from grokterm.number_format import typed
from grokterm.sweeps.axes import Axis
from grokterm.sweeps.conditions import Kind, read_condition

MOST_RUNS: Final = 100_000
"""Runs of a sweep at most."""
BUDGET: Final[Mapping[str, Value]] = {"until": "grokked", "max_steps": 20_000, "pace": "max"}
"""Where the base of a sweep differs from a run that is watched."""
_BRINGING: Final = {"arch", "optimizer", "loss", "task", "op"}
"""Settings that bring others with them: what a run begins with, and the order of a group."""

_TASK: Final = {"p", "op", "task", "k", "n"}


@dataclass(frozen=True, slots=True)
class Cell:
    """One combination of the axes' values; its runs differ by the seed alone."""

    number: int
    """From 0, in the order of the plan."""
    point: tuple[int, ...]
    """Which value of each axis it has, from 0."""
    values: Mapping[str, Value]
    """The settings that the axes give it."""


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """One run of a sweep: a cell and a seed."""

    number: int
    """From 0: cell · seeds + the place of the seed."""
    cell: Cell
    seed: int


@dataclass(frozen=True)
class Plan:
    """What a sweep trains."""

    given: Mapping[str, Value]
    """The settings that were asked for, beside the axes; what a run is else, its architecture begins with."""
    axes: tuple[Axis, ...]
    seeds: int = 1
    """How many seeds each cell has, from that of the base on."""
    where: str = ""
    """A condition on settings that leaves cells out; empty leaves none."""

    def __post_init__(self) -> None:
        if type(self.seeds) is not int or not 1 <= self.seeds <= MOST_RUNS:
            raise ConfigError(f"--seeds must be a whole number from 1 to {MOST_RUNS:,}, not {self.seeds!s:.40}")
        counted = math.prod(len(axis) for axis in self.axes) * self.seeds
        if counted > MOST_RUNS:
            raise ConfigError(f"the sweep has {counted:,} runs, and {MOST_RUNS:,} are the most")

    @cached_property
    def base(self) -> Config:
        """The configuration of which every run is a change; raises ConfigError."""
        return Config.starting({**BUDGET, **self.given})

    @cached_property
    def cells(self) -> tuple[Cell, ...]:
        """All cells that `where` leaves in, the last axis fastest; raises ConfigError where none is left."""
        condition = read_condition(self.where, spellings_of_settings(), kinds_of_settings()) if self.where else None
        found: list[Cell] = []
        for point in product(*(range(len(axis)) for axis in self.axes)):
            values: dict[str, Value] = {}
            for axis, at in zip(self.axes, point, strict=True):
                values |= dict(zip(axis.names, axis.values[at], strict=True))
            if condition is None or condition(self._settings(values)):
                found.append(Cell(len(found), point, values))
        if not found:
            raise ConfigError(f"--where {self.where!r} leaves no cell: all {self._counted():,} are out")
        return tuple(found)

    @property
    def words(self) -> str:
        """What all runs have in common, for people: a + b mod 97; empty where the task is swept."""
        return "" if _TASK & {name for axis in self.axes for name in axis.names} else self.base.task_words

    @property
    def run_count(self) -> int:
        """How many runs there are."""
        return len(self.cells) * self.seeds

    def runs(self) -> Iterator[PlannedRun]:
        """All runs in order, seed by seed: every cell has a run before one has two."""
        for at in range(self.seeds):
            for cell in self.cells:
                yield self.run(cell.number * self.seeds + at)

    def run(self, number: int) -> PlannedRun:
        """A run by its number; raises ConfigError where there is none."""
        if not 0 <= number < self.run_count:
            raise ConfigError(f"the sweep has runs 0 to {self.run_count - 1:,}, not {number!s:.40}")
        return PlannedRun(number, self.cells[number // self.seeds], self.base.seed + number % self.seeds)

    def config(self, run: PlannedRun) -> Config:
        """The configuration of a run; raises ConfigError where its settings do not go together."""
        return self._cell_config({**run.cell.values, "seed": run.seed})

    def differences(self, run: PlannedRun) -> dict[str, Value]:
        """The settings in which a run differs from the base; raises ConfigError."""
        own = {**run.cell.values, "seed": run.seed} if self._own_alone else self.config(run).as_dict()
        return {name: value for name, value in own.items() if value != self._base_values[name]}

    def check_run(self, number: int, cell: int, seed: int) -> None:
        """Raises ConfigError where a run of this number is none of the plan, or of another cell or seed."""
        run = self.run(number)
        if (run.cell.number, run.seed) != (cell, seed):
            raise ConfigError(
                f"run {number:,} is of cell {run.cell.number:,} and seed {run.seed}, not {cell} and {seed}"
            )

    def axis_words(self, name: str) -> str:
        """The axis of a setting with which others go together, as lr+wd; empty where it goes alone."""
        names = next((axis.names for axis in self.axes if name in axis.names), (name,))
        return "+".join(map(short_name, names)) if len(names) > 1 else ""

    def check(self) -> None:
        """Raises ConfigError where a cell's settings do not go together, naming the cell, or seeds go too far."""
        self.base.changed({"seed": self.base.seed + self.seeds - 1})
        for cell in self.cells:
            try:
                self._cell_config(cell.values)
            except ConfigError as error:
                raise ConfigError(f"the cell {shown(cell.values)} cannot be: {error}") from None

    def _settings(self, values: Mapping[str, Value]) -> dict[str, Value]:
        """All settings of a cell, also of one that cannot be."""
        if not self._own_alone:
            with suppress(ConfigError):
                return self._cell_config(values).as_dict()
        return {**self._base_values, **values}

    def _cell_config(self, values: Mapping[str, Value]) -> Config:
        if self._own_alone:
            return self.base.changed(values)
        return Config.starting({**BUDGET, **self.given, **values})

    @cached_property
    def _own_alone(self) -> bool:
        """Whether the settings of a cell bring no others with them, as an architecture does."""
        return not _BRINGING & {name for axis in self.axes for name in axis.names}

    @cached_property
    def _base_values(self) -> dict[str, Value]:
        return self.base.as_dict()

    def _counted(self) -> int:
        return math.prod(len(axis) for axis in self.axes)


def spellings_of_settings() -> dict[str, str]:
    """Every setting by all its spellings: weight_decay and wd."""
    found: dict[str, str] = {}
    for name, setting in settings().items():
        found |= dict.fromkeys((*setting.aliases, *([setting.short] if setting.short.isidentifier() else [])), name)
    return {spelling: name for spelling, name in found.items() if spelling not in settings()} | {
        name: name for name in settings()
    }


def kinds_of_settings() -> dict[str, Kind]:
    """What the value of each setting may be, but for those of free text."""
    found: dict[str, Kind] = {}
    for name in settings():
        hint = field_type(name)
        if hint is not str:
            numbers = {hint, *get_args(hint)} & {int, float}
            found[name] = Kind(choices(name), bool(numbers))
    return found


def short_name(name: str) -> str:
    """What a setting is called where there is little room: wd, frac, lr, and else its name."""
    setting = settings()[name]
    short = setting.short if setting.short.isidentifier() else name
    return next(iter(setting.aliases), short)


def shown(values: Mapping[str, Value]) -> str:
    """The values of a cell for people: wd 0.3, lr 0.001."""
    return ", ".join(f"{short_name(name)} {typed(value)}" for name, value in values.items()) or "as the base"
