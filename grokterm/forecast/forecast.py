"""When a run will grok, and whether: made from the records of its log up to a step, and said in a sentence."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

import numpy as np

from grokterm.config import Config, Value, label, settings
from grokterm.config.architectures import Architecture
from grokterm.config.run import RunSettings
from grokterm.errors import ConfigError
from grokterm.forecast.features import MEASURES, features
from grokterm.forecast.hazards import BEYOND, fitted
from grokterm.milestones import GROKKED, MEMORIZED
from grokterm.runs.history import History, config_at
from grokterm.sentences import FORECAST

HORIZON: Final = 40_000
"""Steps within which it is asked whether a run groks; from there on as many again."""
_SIZES: Final = ("width", "d_model", "heads")
_NUMBERS: Final = ("train_fraction", "corrupt", "lr", "weight_decay", "epsilon")
SAMPLED: Final = frozenset({"p", "op", "arch", "seed", *_SIZES, *_NUMBERS})
"""Settings in which the library's runs differ; the others are as an architecture begins."""
ARCHITECTURES: Final[tuple[Architecture, ...]] = ("mlp", "one-hot", "transformer")
"""Those of the library."""
OPERATIONS: Final = ("add", "subtract", "multiply", "divide")
"""Those of the library."""
MOST_RECORDS: Final = 4096
"""Records that are looked at, evenly spaced where a run has more."""
WHAT_IF: Final = ("weight_decay", "lr", "train_fraction")
"""Settings for which a forecast is made before they are changed."""
WIDER: Final = 1.6
"""Times as wide, in the logarithm of the steps that remain, as that of a run as it is, an interval is made where one of
them is changed: no run of the library was. `python -m grokterm.bench.forecast_changes` fits it on runs that were."""


@dataclass(frozen=True, slots=True)
class Forecast:
    """An estimate: it is made from runs like this one, and is no promise."""

    step: int
    """After which it was made."""
    median: float
    """The step by which half of the runs like this one that grok have done so."""
    low: float
    """The interval in which 80 % of those that grok do."""
    high: float
    horizon: int
    """The step up to which it is asked."""
    chance: float
    """To grok by the horizon, 0 to 1."""
    never: str = ""
    """The name of the sentence that says why none like it groks; empty where some do."""

    @property
    def groks(self) -> bool:
        """Whether it is expected to grok by the horizon."""
        return self.chance >= 0.5

    @property
    def words(self) -> str:
        """The whole sentence."""
        if self.groks:
            low, median, high = (_steps(step) for step in (self.low, self.median, self.high))
            return FORECAST["groks"].words(median=median, low=low, high=high)
        if self.never:
            return FORECAST[self.never].what
        return FORECAST["never"].words(horizon=f"{self.horizon:,}", chance=f"{100 * (1 - self.chance):.0f}")

    @property
    def short(self) -> str:
        """The same without its interval."""
        return self.words.partition(" (")[0]

    @property
    def interval(self) -> str:
        """The steps between which 80 % of those that grok do."""
        return f"{_steps(self.low)}–{_steps(self.high)}"

    @property
    def when(self) -> str:
        """The step alone."""
        return self.short.removeprefix("groks at ")

    @property
    def sign(self) -> str:
        """The step in as few characters as there can be."""
        if self.groks:
            return f"≈{_steps(self.median)}"
        return "not expected" if self.never else f"not by {self.horizon:,}"


@dataclass(frozen=True, slots=True)
class Silence:
    """Why there is no forecast."""

    reason: str


def forecast(
    history: History, step: float | None = None, given: Mapping[str, Value] | None = None
) -> Forecast | Silence:
    """The forecast after the last record up to `step`, or up to now; with `given` settings in place of the run's own.

    Those that are given are taken as if the run had had them from its start; so are those that were changed while it
    trained. Raises ConfigError for settings that a run cannot have.
    """
    end = step if step is not None else np.inf
    return forecast_of(history, config_at(history, end).changed(given or {}), start_of_model(history, end), end)


def forecast_of(history: History, config: Config, start: int, end: float) -> Forecast | Silence:
    """That of the model that began at `start`, after the last record up to `end`, as if `config` were the run's own."""
    reason = why_silent(config)
    if reason:
        return Silence(reason)
    memorized, grokked = (_first(history, name, start, end) for name in (MEMORIZED.event, GROKKED.event))
    if grokked is not None:
        return Silence(FORECAST["grokked"].what)
    if memorized is None:
        return Silence(FORECAST["unmemorized"].what)
    steps = history.column("step")
    first, last = (
        np.searchsorted(steps, start, side="right" if start else "left"),
        np.searchsorted(steps, end, side="right"),
    )
    # A curve of the library has no more records; the first one is what later ones are compared with.
    stride = max(1, math.ceil((last - first) / MOST_RECORDS))
    kept = np.r_[first : min(first + 1, last), np.arange(last - 1, first, -stride)[::-1]]
    columns = {name: history.column(name)[kept] for name in ("step", *MEASURES)}
    columns["step"] = columns["step"] - start
    found = features(config, memorized - start, columns)
    if found is None:
        return Silence(FORECAST["few" if config.measure_every else "unmeasured"].what)
    hazards = fitted()
    if not hazards.known(found):
        return Silence(FORECAST["unlike"].what)
    now = float(columns["step"][-1])
    distribution, horizon = hazards.distribution(found), _horizon(config, int(now + start)) - start
    had = config_at(history, memorized)
    changed = any(getattr(config, name) != getattr(had, name) for name in WHAT_IF)
    low, high = distribution.interval(hazards.levels, WIDER if changed else 1.0)
    never = none_groks(config)
    chance = 0.0 if never else distribution.within(min(horizon - now, 10**BEYOND))
    at = now + start
    return Forecast(int(at), at + distribution.quantile(0.5), at + low, at + high, horizon + start, chance, never)


def none_groks(config: Config) -> str:
    """The name of the sentence that says why no run with such settings groks, whatever its curves; else empty.

    Without weight decay none of the library's runs has; budgets of some thousand steps alone do not tell that.
    """
    if config.weight_decay == 0:
        return "undecayed"
    return "random" if config.corrupt == 1 else ""


def start_of_model(history: History, step: float) -> int:
    """The step at which the model of a step began."""
    return max((change.step for change in history.changes if change.rebuilt and change.step <= step), default=0)


@cache
def why_silent(config: Config) -> str:
    """What the library has no runs of, in words; empty where it has runs with the settings of a configuration."""
    if not config.of_pairs or config.op not in OPERATIONS:
        return FORECAST["task"].words(task=config.task_words)
    if config.arch not in ARCHITECTURES:
        return FORECAST["architecture"].words(arch=config.arch)
    try:
        usual = Config.starting({"arch": config.arch, "p": config.p, "op": config.op}).as_dict()
    except ConfigError:
        return FORECAST["task"].words(task=config.task_words)
    free = SAMPLED | settings(RunSettings).keys()
    for name, value in config.as_dict().items():
        if name not in free and name in usual and usual[name] != value:
            return FORECAST["setting"].words(setting=label(name), value=str(value))
    return ""


def _first(history: History, name: str, start: int, end: float) -> int | None:
    """Where a milestone was first reached; what was reached at the step of a rebuild, the model before it did."""
    return next(
        (e.step for e in history.events if e.name == name and (start < e.step or not start) and e.step <= end), None
    )


def _horizon(config: Config, step: int) -> int:
    """The step up to which it is asked: the end of training where that is near."""
    asked = HORIZON * (1 + step // HORIZON) if step % HORIZON < HORIZON / 2 else HORIZON * (2 + step // HORIZON)
    until = config.until if isinstance(config.until, int) else config.max_steps
    end = min(until, config.max_steps)
    return end if step < end < asked else asked


def _steps(number: float) -> str:
    """Steps to two digits, three from 10,000 on: as exact as the estimate."""
    digits = 2 if number < 10_000 else 3
    return f"{int(float(f'{number:.{digits}g}')):,}"
