"""grok/… : wall seconds from the first step to test accuracy ≥ .99, at p 97 with half the pairs."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator
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


def seconds_to_grok(config: Config) -> tuple[float, int | None]:
    """Seconds of training and measuring until the run groks, and the step; None where it did not."""
    engine = Engine(config)
    start = time.perf_counter()
    while engine.step < STEPS_AT_MOST and engine.finite:
        engine.advance(config.log_every)
        if GROKKED.reached(engine.measure().test_accuracy):
            synchronize(engine.device)
            return time.perf_counter() - start, engine.step
    return time.perf_counter() - start, None


def chapter_seconds(bench: Bench) -> tuple[float, bool]:
    """Seconds that the chapter's plain loop takes, and whether its time ran out first."""
    config = Config(arch="transformer", depth=2, batch_size=512, lr=1e-3, device=bench.device)
    loop = PlainLoop(config, ChapterTransformer)
    cap = QUICK_CAP_SECONDS if bench.quick else CAP_SECONDS
    start = time.perf_counter()
    while (taken := time.perf_counter() - start) < cap:
        bench.say(f"grok: the chapter's loop, {taken:.0f} s of at most {cap:.0f} s")
        loop.epoch(evaluate_each_step=False)
        if GROKKED.reached(loop.test_accuracy):
            return time.perf_counter() - start, False
    return taken, True


def _row(name: str, what: str, config: Config, bench: Bench, goal: Goal | None) -> Row:
    seeds = range(QUICK_SEEDS if bench.quick else SEEDS)
    Engine(config).advance(5)  # warm-up
    results = []
    for seed in seeds:
        bench.say(f"{name}: seed {seed + 1} of {len(seeds)}")
        results.append(seconds_to_grok(config.changed({"seed": seed})))
    chapter, ran_out = bench.once("chapter", lambda: chapter_seconds(bench))
    seconds = statistics.median(taken for taken, _ in results)
    steps = [step for _, step in results if step is not None]
    more: dict[str, float | str] = {"seeds that grok": f"{len(steps)} of {len(results)}"}
    if steps:
        more["steps, median"] = statistics.median(steps)
    return Row(name, what, "s", seconds, chapter, chapter / seconds, goal, at_least=ran_out, more=more)


def blink_rows(bench: Bench) -> Iterator[Row]:
    """The preset blink beside the chapter's loop, and beside one second."""
    config = bench.config().changed(PRESETS["blink"].values)
    what = "seconds to grok, --preset blink; the chapter's loop"
    yield (row := _row("grok/blink", what, config, bench, Goal(f"≥ {TIMES}×", least=TIMES)))
    what = "seconds to grok, --preset blink; one second"
    yield Row("grok/blink-second", what, "s", row.ours, 1.0, row.ours, Goal("≤ 1×", most=1.0), more=row.more)


def default_rows(bench: Bench) -> Iterator[Row]:
    """The defaults beside the chapter's loop."""
    what = "seconds to grok, our defaults; the chapter's loop"
    yield _row("grok/default", what, bench.config(), bench, None)


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {"grok/blink": blink_rows, "grok/default": default_rows}
