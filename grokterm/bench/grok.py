"""grok/… : wall seconds from the first step to test accuracy ≥ .99, at p 97 with half the pairs."""

from __future__ import annotations

import math
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from grokterm.bench.plain import ChapterTransformer, PlainLoop
from grokterm.bench.row import Bench, Goal, Row
from grokterm.bench.steps import synchronize
from grokterm.config import Config
from grokterm.lab.engine import Engine
from grokterm.milestones import GROKKED
from grokterm.presets import PRESETS

SEEDS: Final = 10
QUICK_SEEDS: Final = 3
STEPS_AT_MOST: Final = 20_000
CAP_SECONDS: Final = 240.0
QUICK_CAP_SECONDS: Final = 20.0
TIMES: Final = 100
"""How many times as fast as the chapter's loop blink has to be."""


@dataclass(frozen=True)
class Trained:
    """Seconds of training and measuring until a run grokked, and the step; None where it was given up before."""

    seconds: float
    step: int | None


def train(config: Config, cap: float) -> Trained:
    """Trains until the run groks, diverges, or has taken `STEPS_AT_MOST` steps or `cap` seconds."""
    engine = Engine(config)
    start, taken = time.perf_counter(), 0.0
    while engine.step < STEPS_AT_MOST and engine.finite and (engine.step == 0 or taken < cap):
        engine.advance(config.log_every)
        grokked = GROKKED.reached(engine.measure().test_accuracy)
        synchronize(engine.device)
        taken = time.perf_counter() - start
        if grokked:
            return Trained(taken, engine.step)
    return Trained(taken, None)


def median_seconds(runs: Sequence[Trained]) -> tuple[float, bool]:
    """The median, and whether it is only a lower limit, since runs that were given up would have taken longer."""
    median = statistics.median(run.seconds for run in runs)
    whole = statistics.median(math.inf if run.step is None else run.seconds for run in runs)
    return median, whole > median


def train_seeds(name: str, config: Config, bench: Bench) -> list[Trained]:
    """A run for each seed that there is time for, the first one given up where there is none for it."""
    seeds = range(QUICK_SEEDS if bench.quick else SEEDS)
    # The other half of the time is the chapter's, unless its loop was measured before.
    over = time.perf_counter() + bench.budget.left() * (1 if "chapter" in bench.cache else 0.5)
    runs: list[Trained] = []
    for seed in seeds:
        bench.say(f"{name}: seed {seed + 1} of {len(seeds)}")
        left = over - time.perf_counter()
        if runs and max(run.seconds for run in runs) > left:
            break
        runs.append(train(config.changed({"seed": seed}), left))
    return runs


def chapter_seconds(bench: Bench) -> tuple[float, bool]:
    """Seconds that the chapter's plain loop takes, and whether its time ran out first."""
    config = Config(arch="transformer", depth=2, batch_size=512, lr=1e-3, device=bench.device)
    loop = PlainLoop(config, ChapterTransformer)
    cap = min(QUICK_CAP_SECONDS if bench.quick else CAP_SECONDS, bench.budget.left())
    start, taken = time.perf_counter(), 0.0
    while not GROKKED.reached(loop.test_accuracy):
        if taken and taken >= cap:
            return taken, True
        bench.say(f"grok: the chapter's loop, {taken:.0f} s of at most {cap:.0f} s")
        loop.epoch(evaluate_each_step=False)
        taken = time.perf_counter() - start
    return taken, False


def _row(name: str, what: str, config: Config, bench: Bench, goal: Goal | None) -> Row:
    Engine(config).advance(5)  # warm-up
    runs = train_seeds(name, config, bench)
    chapter, ran_out = bench.once("chapter", lambda: chapter_seconds(bench))
    seconds, at_least = median_seconds(runs)
    steps = [run.step for run in runs if run.step is not None]
    more: dict[str, float | str] = {"seeds that grok": f"{len(steps)} of {len(runs)}"}
    if steps:
        more["steps, median"] = statistics.median(steps)
    if at_least:
        more["given up"] = f"after {max(run.seconds for run in runs if run.step is None):.3g} s"
    # Of a lower limit and a time, or of two lower limits, there is no ratio.
    ratio = None if at_least else chapter / seconds
    limits = {"at_least": ran_out, "ours_at_least": at_least}
    return Row(name, what, "s", seconds, chapter, ratio, goal, **limits, repetitions=len(runs), more=more)


def blink_rows(bench: Bench) -> Iterator[Row]:
    """The preset blink beside the chapter's loop, and beside one second."""
    config = bench.config(Config.starting(PRESETS["blink"].values))
    what = "seconds to grok, --preset blink; the chapter's loop"
    yield (row := _row("grok/blink", what, config, bench, Goal(f"≥ {TIMES}×", least=TIMES)))
    what = "seconds to grok, --preset blink; one second"
    goal, ratio = Goal("≤ 1×", most=1.0), None if row.ours_at_least else row.ours
    yield replace(row, name="grok/blink-second", what=what, other=1.0, ratio=ratio, goal=goal, at_least=False)


def default_rows(bench: Bench) -> Iterator[Row]:
    """The defaults beside the chapter's loop."""
    what = "seconds to grok, our defaults; the chapter's loop"
    yield _row("grok/default", what, bench.config(Config.starting()), bench, None)


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {"grok/blink": blink_rows, "grok/default": default_rows}
