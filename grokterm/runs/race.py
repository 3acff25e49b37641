"""Races: runs that begin alike and go on by different rules, each with a trainer of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np

from grokterm.config import Config, Value
from grokterm.config.optimizers import FILTERS, OPTIMIZERS, Filter, Optimizer
from grokterm.errors import ConfigError, GroktermError
from grokterm.milestones import GROKKED
from grokterm.runs.folder import RunFolder, create_run
from grokterm.runs.fork import fork_run
from grokterm.runs.history import History
from grokterm.runs.log import LogReader
from grokterm.runs.log_index import last_step
from grokterm.runs.process import ask_to_stop, start_trainer
from grokterm.runs.removal import remove_run
from grokterm.runs.standings import RATES
from grokterm.view_options import ViewOptions

_FACTORS: Final = (("1/3", 1 / 3), ("3", 3.0))
"""The factors by which the rate of the present rule is tried, spelled and as numbers."""
MEASURED: Final[Mapping[tuple[Optimizer, Filter], Mapping[str, Value]]] = {
    ("adamw", "none"): {"lr": 0.02, "weight_decay": 1.0, "epsilon": 1e-8},
    ("adamw", "grokfast-ema"): {"lr": 0.02, "weight_decay": 1.0, "epsilon": 1e-8},
    ("adamw", "grokfast-ma"): {"lr": 0.02, "weight_decay": 1.0, "epsilon": 1e-8},
    ("adamw", "orthograd"): {"lr": 0.05, "weight_decay": 0.0, "epsilon": 1e-8},
    ("muon", "none"): {"lr": 0.02, "muon_lr": 0.1, "weight_decay": 0.3, "epsilon": 1e-8},
    ("adam", "none"): {"lr": 0.02, "weight_decay": 2e-4, "epsilon": 1e-8},
    ("sgd", "none"): {"lr": 3.0, "weight_decay": 1e-4},
    ("lion", "none"): {"lr": 0.01, "weight_decay": 1.0},
    ("signsgd", "none"): {"lr": 0.003, "weight_decay": 1.0},
}
"""The rules, each with the rates at which a one-hot MLP grokked a + b mod 59: the table of the guide's page."""


@dataclass(frozen=True, slots=True)
class Entrant:
    """One that races: its title, and the settings in which it differs from the present run; the baseline in none."""

    title: str
    values: Mapping[str, Value]


@dataclass(frozen=True, slots=True)
class Race:
    """What races, from where and how far."""

    entrants: tuple[Entrant, ...]
    steps: int
    """Steps that each takes."""
    from_start: bool = False
    """Whether new runs are made with the seed of the present one, in place of forks."""


def entrants_of(config: Config, rule: str) -> list[Entrant]:
    """The baseline, which is the present run's `rule` as it is; that at other rates; then all other rules."""
    rates = [name for name in RATES if name == "lr" or config.optimizer == "muon"]
    found = [Entrant(f"{rule} (as it is)", {})]
    for factor, by in _FACTORS:
        values = {name: float(f"{getattr(config, name) * by:.3g}") for name in rates}
        found.append(Entrant(f"{rule}, {factor} × lr", values))
    for (optimizer, kind), measured in MEASURED.items():
        if (optimizer, kind) != (config.optimizer, config.filter):
            title = OPTIMIZERS[optimizer].title if kind == "none" else FILTERS[kind].title
            found.append(Entrant(title, {"optimizer": optimizer, "filter": kind, **measured}))
    return [found[0], *(entrant for entrant in found[1:] if _is_another(config, entrant))]


def why_no_race(history: History, at: int | None) -> str:
    """Why there is nothing to race for from a step, None for step 0, in a sentence; empty where there is."""
    if history.config.init == "closed-form":
        return "this run begins with the solution in closed form: there is nothing to grok"
    if at is None:
        return ""
    grokked = history.milestones[GROKKED.step_name]
    if grokked is not None and grokked <= at:
        return f"this run has grokked at step {grokked:,}: race from step 0"
    steps = history.column("step")
    before = int(np.searchsorted(steps, at, side="right")) - 1
    if before >= 0 and not np.isfinite(history.column("train_loss")[before]):
        return f"the loss is not finite at step {int(steps[before]):,}: race from step 0"
    return ""


def start_race(
    race: Race, parent: RunFolder, config: Config, step: int | None, view: ViewOptions, by: str = ""
) -> list[RunFolder]:
    """Makes the runs of a race beside `parent`, which is left as it is, and starts them, the baseline first.

    They are forks at `step`, its last one by default, or new runs; `config` is the parent's there. Where one cannot be
    made, the others are removed again and none is started. Raises GroktermError.
    """
    home = parent.path.parent
    made: list[RunFolder] = []
    # The parent may train meanwhile: all begin where the first one does.
    at = 0 if race.from_start else step if step is not None else last_step(parent, LogReader(parent.log_path).read())
    try:
        for entrant in race.entrants:
            values = _values(race, entrant, config, at)
            if race.from_start:
                made.append(create_run(config.changed(values), view, home))
            else:
                made.append(fork_run(parent, home, at, values, by=by).folder)
    except GroktermError:
        for folder in made:
            with suppress(GroktermError):
                remove_run(folder)
        raise
    _start(made)
    return made


def _values(race: Race, entrant: Entrant, config: Config, at: int) -> dict[str, Value]:
    """The settings of an entrant: its own, the step at which all stop, and no pace, so that seconds are its own."""
    end = at + race.steps
    return {**entrant.values, "until": end, "max_steps": max(config.max_steps, end), "pace": "max"}


def _start(folders: Sequence[RunFolder]) -> None:
    """Starts all trainers; stops those that have started where one cannot be. Raises GroktermError."""
    try:
        for folder in folders:
            start_trainer(folder)
    except GroktermError:
        for folder in folders:
            with suppress(GroktermError):
                ask_to_stop(folder)
        raise


def _is_another(config: Config, entrant: Entrant) -> bool:
    """Whether a run can have the settings of an entrant, and does not have them as it is."""
    try:
        return config.changed(entrant.values) != config
    except ConfigError:
        return False
