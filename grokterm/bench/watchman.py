"""watchman/… : whether the watchman is silent about runs that are healthy, and tells of those that are in trouble."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from grokterm.bench.row import Bench, Goal, Row
from grokterm.config import Config, Value
from grokterm.config.architectures import ARCHITECTURES
from grokterm.lab.engine import Engine
from grokterm.milestones import GROKKED
from grokterm.training.recording import make_records
from grokterm.training.trackers import Trackers
from grokterm.troubles import TRAINING_TROUBLES

SEEDS: Final = 5
HEALTHY_STEPS: Final = 4000
AFTER: Final = 500
"""Steps that a healthy run goes on after it has grokked."""
TROUBLE_STEPS: Final = 8000
EVERY: Final = 10
MEASURED_EVERY: Final = 100
_SIZE: Final[dict[str, Value]] = {"width": 128, "d_model": 32, "heads": 2}
_KINDS: Final[dict[str, dict[str, Value]]] = {
    "p 41": {"p": 41, "train_fraction": 0.5},
    "p 53": {"p": 53, "train_fraction": 0.4},
    "p 59 in batches": {"p": 59, "train_fraction": 0.5, "batch_size": 512},
}
"""Healthy: learning rates and weight decay are those that an architecture begins with."""
_SMALL: Final[dict[str, Value]] = {"p": 31, "train_fraction": 0.5}
_TROUBLED: Final[dict[str, tuple[str, dict[str, Value]]]] = {
    "no weight decay": ("softmax_collapse", {"arch": "one-hot", "lr": 1e-2, "weight_decay": 0.0}),
    "no weight decay in a transformer": ("softmax_collapse", {"arch": "transformer", "lr": 1e-2, "weight_decay": 0.0}),
    "a high rate": ("slingshot", {"arch": "transformer", "lr": 3e-2}),
    "a high rate with another seed": ("collapsed", {"arch": "transformer", "lr": 3e-2, "seed": 1}),
    "a rate of 10": (
        "runaway_norm",
        {"arch": "one-hot", "optimizer": "sgd", "lr": 10.0, "weight_decay": 0.0},
    ),
    "a square that overflows": ("not_finite", {"arch": "one-hot", "activation": "quadratic", "lr": 10.0, "warmup": 1}),
}
"""Runs in trouble, each with what is to be told of it."""


@dataclass(frozen=True)
class Watched:
    """A run: its name, what the watchman told of it, and whether it grokked."""

    name: str
    told: tuple[str, ...]
    grokked: bool


def healthy(seeds: int = SEEDS, device: str = "cpu") -> dict[str, Config]:
    """Runs of every architecture as they begin, by name."""
    return {
        f"{arch} {kind} seed {seed}": _config({**values, "arch": arch, "seed": seed, "device": device})
        for arch in ARCHITECTURES
        for kind, values in _KINDS.items()
        for seed in range(seeds)
    }


def troubled(device: str = "cpu") -> dict[str, tuple[str, Config]]:
    """Runs that come to grief, by name, with the trouble."""
    return {
        name: (trouble, _config({**_SMALL, **values, "device": device}))
        for name, (trouble, values) in _TROUBLED.items()
    }


def watched(name: str, config: Config, steps: int, after: int | None = None) -> Watched:
    """Trains a run as a trainer does, so many steps, or with `after` so many beyond grokking."""
    engine, trackers = Engine(config), Trackers(config)
    told: list[str] = []
    end, grokked = steps, False
    while True:
        scalars, events = make_records(engine, 0.0, trackers, trackers.update)
        told += [event.name for event in events if event.name in TRAINING_TROUBLES]
        if not grokked and engine.step and GROKKED.reached(scalars.test_accuracy):
            grokked, end = True, end if after is None else min(end, engine.step + after)
        if engine.step >= end:
            break
        if engine.advance(EVERY) < EVERY:
            told.append("not_finite")
            break
    return Watched(name, tuple(told), grokked)


def healthy_rows(bench: Bench) -> Iterator[Row]:
    """How many healthy runs the watchman tells of."""
    runs = healthy(1 if bench.quick else SEEDS, bench.device)
    found = []
    for at, (name, config) in enumerate(runs.items(), 1):
        bench.say(f"watchman: {name}, {at} of {len(runs)}")
        found.append(watched(name, config, HEALTHY_STEPS, AFTER))
    alarmed = [f"{one.name}: {', '.join(one.told)}" for one in found if one.told]
    more: dict[str, float | str] = {
        "grokked": f"{sum(one.grokked for one in found)} of {len(found)}",
        "told of": "; ".join(alarmed) or "none",
    }
    share, goal = len(alarmed) / len(found), Goal("0", most=0.0)
    yield Row("watchman/healthy", "healthy runs told of; all", "runs", len(alarmed), len(found), share, goal, more=more)


def troubled_rows(bench: Bench) -> Iterator[Row]:
    """Of how many runs in trouble the watchman tells what it is."""
    runs = troubled(bench.device)
    missed = []
    for name, (trouble, config) in runs.items():
        bench.say(f"watchman: {name}")
        if trouble not in watched(name, config, TROUBLE_STEPS).told:
            missed.append(name)
    more: dict[str, float | str] = {"missed": "; ".join(missed) or "none"}
    right, goal = len(runs) - len(missed), Goal("all", least=1.0)
    what = "runs in trouble of which it is told; all"
    yield Row("watchman/trouble", what, "runs", right, len(runs), right / len(runs), goal, more=more)


def _config(values: dict[str, Value]) -> Config:
    return Config.starting({**_SIZE, **values, "log_every": EVERY, "measure_every": MEASURED_EVERY})


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    "watchman/healthy": healthy_rows,
    "watchman/trouble": troubled_rows,
}
"""Rows that take minutes and are measured only when they are asked for."""
