"""claims/… : whether a circuit is claimed where there is none, and whether it is claimed in time where there is one."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from grokterm.bench.row import Bench, Goal, Row
from grokterm.config import Config, Value
from grokterm.config.architectures import ARCHITECTURES, Architecture
from grokterm.lab.engine import Engine
from grokterm.lab.models import build
from grokterm.milestones import GROKKED
from grokterm.training.recording import make_records
from grokterm.training.trackers import Trackers

CONTROL_SEEDS: Final = 2
GROKKING_SEEDS: Final = 5
CONTROL_STEPS: Final = 2500
GROKKING_STEPS: Final = 4000
EVERY: Final = 25
"""Steps from one set of measures to the next."""
HALF: Final = 0.5
"""Test accuracy before which a circuit is to be claimed."""
CLAIMED_AT_MOST: Final = 0.02
IN_TIME_AT_LEAST: Final = 0.9
_SIZE: Final[dict[str, Value]] = {"width": 256, "d_model": 64}


@dataclass(frozen=True)
class Trial:
    """A run: its name, its configuration, and after how many steps it is given up."""

    name: str
    config: Config
    steps: int


@dataclass(frozen=True)
class Outcome:
    """Steps at which a trial's circuit was first claimed, and test accuracy first passed a half and grokked."""

    name: str
    claimed: int | None
    half: int | None
    grokked: int | None


def controls(seeds: int = CONTROL_SEEDS, device: str = "cpu") -> list[Trial]:
    """Runs that learn by heart and do not generalize: random labels, no weight decay, too few pairs."""
    found = []
    for arch in ARCHITECTURES:
        # With one table for both numbers, transposes of trained pairs are known too: half would be most of them.
        half = 0.3 if _shares_table(arch) else 0.5
        for p in (23, 53, 97):
            kinds: dict[str, dict[str, Value]] = {
                "random labels": {"corrupt": 1.0},
                "no weight decay": {"weight_decay": 0.0, "train_fraction": half},
                # With half of 529 pairs a residual MLP groks within 2,600 steps: too few is less.
                "too few pairs": {"train_fraction": 0.3 if p == 23 else 0.2},
            }
            for kind, values in kinds.items():
                found += [_trial(arch, p, kind, seed, values, CONTROL_STEPS, device) for seed in range(seeds)]
    return found


def grokking(seeds: int = GROKKING_SEEDS, device: str = "cpu") -> list[Trial]:
    """Runs that memorize first and then grok."""
    return [
        _trial(arch, p, "groks", seed, {"train_fraction": 0.4 if _shares_table(arch) else 0.5}, GROKKING_STEPS, device)
        for arch in ARCHITECTURES
        for p in (53, 97)
        for seed in range(seeds)
    ]


def outcome(trial: Trial) -> Outcome:
    """What came of a trial that is trained until it groks or is given up."""
    *_, last = followed(trial)
    return last


def followed(trial: Trial) -> Iterator[Outcome]:
    """Trains a trial as a trainer does, with all measures; what has come of it after each set of them."""
    engine, trackers = Engine(trial.config), Trackers(trial.config)
    claimed = half = None
    while True:
        scalars, events = make_records(engine, 0.0, trackers, trackers.update)
        if claimed is None and any(event.name in ("circuit_formation", "clean_up") for event in events):
            claimed = engine.step
        if half is None and scalars.test_accuracy >= HALF:
            half = engine.step
        grokked = engine.step if GROKKED.reached(scalars.test_accuracy) else None
        yield Outcome(trial.name, claimed, half, grokked)
        if grokked is not None or engine.step >= trial.steps or engine.advance(EVERY) < EVERY:
            return


def outcomes(trials: Sequence[Trial], say: Callable[[str], None]) -> list[Outcome]:
    """What came of each trial."""
    found = []
    for at, trial in enumerate(trials, 1):
        say(f"claims: {trial.name}, {at} of {len(trials)}")
        found.append(outcome(trial))
    return found


def control_rows(bench: Bench) -> Iterator[Row]:
    """In how many controls a circuit is claimed."""
    found = outcomes(controls(1 if bench.quick else CONTROL_SEEDS, bench.device), bench.say)
    wrong = [one.name for one in found if one.claimed is not None]
    what = "controls in which a circuit is claimed; all controls"
    goal = Goal(f"≤ {CLAIMED_AT_MOST:.0%}", most=CLAIMED_AT_MOST)
    more: dict[str, float | str] = {"claimed": ", ".join(wrong) or "none"}
    yield Row("claims/controls", what, "runs", len(wrong), len(found), len(wrong) / len(found), goal, more=more)


def grokking_rows(bench: Bench) -> Iterator[Row]:
    """In how many runs that grok a circuit is claimed before test accuracy passes a half, and how many steps before."""
    trials = grokking(1 if bench.quick else GROKKING_SEEDS, bench.device)
    found = outcomes(trials, bench.say)
    grokked = [one for one in found if one.grokked is not None]
    leads = [one.half - one.claimed for one in grokked if one.claimed is not None and one.half is not None]
    late = [one.name for one in grokked if one.claimed is None or one.half is None or one.claimed >= one.half]
    more: dict[str, float | str] = {"grokked": f"{len(grokked)} of {len(found)}", "late": ", ".join(late) or "none"}
    if leads:
        more |= {"lead in steps, median": statistics.median(leads), "least": min(leads), "most": max(leads)}
    what = f"runs in which a circuit is claimed before test accuracy passes {HALF:.0%}; all that grok"
    in_time, goal = len(grokked) - len(late), Goal(f"≥ {IN_TIME_AT_LEAST:.0%}", least=IN_TIME_AT_LEAST)
    share = in_time / len(grokked) if grokked else 0.0
    yield Row("claims/grokking", what, "runs", in_time, len(grokked), share, goal, more=more)


def _shares_table(arch: Architecture) -> bool:
    """Whether a and b are looked up in one table."""
    return len(build(Config(arch=arch)).embeddings) == 1


def _trial(
    arch: Architecture, p: int, kind: str, seed: int, values: dict[str, Value], steps: int, device: str
) -> Trial:
    own: dict[str, Value] = {"arch": arch, "p": p, "seed": seed, "lr": 5e-3, "device": device}
    config = Config().changed({**own, **_SIZE, **values, "measure_every": EVERY, "log_every": EVERY})
    return Trial(f"{arch} p {p} {kind} seed {seed}", config, steps)


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    "claims/controls": control_rows,
    "claims/grokking": grokking_rows,
}
"""Rows that take minutes and are measured only when they are asked for."""
