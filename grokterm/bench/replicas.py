"""replicas/R and replicas/small/R: R runs as one tensor program beside R runs one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import torch

from grokterm.bench.row import Bench, Goal, Row
from grokterm.bench.steps import synchronize
from grokterm.config import Config
from grokterm.lab import devices
from grokterm.lab.cuda_graphs import StepBatch
from grokterm.lab.engine import CHUNK_FLOATS
from grokterm.lab.models import build
from grokterm.lab.models.layout import Layout
from grokterm.lab.optimizers import Hyperparameters, Optimizer, implementation_for
from grokterm.lab.precision import product_for
from grokterm.lab.seeds import generator
from grokterm.lab.strategies import choose_strategy
from grokterm.lab.tasks import make_task

COUNTS: Final = (1, 8, 64)
QUICK_COUNTS: Final = (1, 8)
TIMES_ON_CUDA: Final = 25
"""How many times as fast as one after another the most replicas have to be on CUDA."""
SMALL: Final = Config(p=31, width=64)
"""A model whose step is over before a processor is busy: all that is done once a step counts."""
SMALL_COUNTS: Final = (8, 64)
SMALL_STEPS: Final = 256
"""Steps that are timed at once, over all of them."""
TIMES_OF_SMALL: Final = 1.5
"""How many times as fast as one after another small replicas have to be."""


class Replicas:
    """R models of one config with its seed and the next ones, or one without replica axes, on one split."""

    def __init__(self, config: Config, count: int | None) -> None:
        self.device, precision = devices.resolve(config)
        self.model = build(config, product_for(precision))
        self.layout = Layout(self.model.shapes())
        seeds = range(config.seed, config.seed + (count or 1))
        fresh = torch.stack([self.layout.flatten(self.model.start(generator(s, "parameters"))) for s in seeds])
        self.flat = (fresh if count else fresh[0]).to(self.device)
        hyper = Hyperparameters.of(config, self.device)
        if count:
            # A rate for each replica, [R, 1], as a grid over settings has it.
            hyper = replace(hyper, lr=hyper.lr.expand(count, 1).clone())
        self.optimizer = Optimizer(config.optimizer, self.flat, hyper, implementation_for(self.device))
        task = make_task(config).to(self.device)
        self.pairs = task.pairs(task.train)
        most = max(1, CHUNK_FLOATS[self.device.type] // self.model.floats_per_example // (count or 1))
        self.strategy = choose_strategy(self.model, self.layout, self.flat, most)
        self.burst = StepBatch(self.strategy, self.optimizer)

    def step(self) -> None:
        """One step of every replica."""
        with self.strategy.threads():
            self.burst.step(self.pairs)


def rows(bench: Bench) -> Iterator[Row]:
    """Replica-steps a second of the default model, together and one after another."""
    single = Replicas(bench.config(), None)
    for count in QUICK_COUNTS if bench.quick else COUNTS:
        judged = single.device.type == "cuda" and count == COUNTS[-1]
        goal = Goal(f"≥ {TIMES_ON_CUDA}×", least=TIMES_ON_CUDA) if judged else None
        yield _row(bench, f"replicas/{count}", single, count, 1, goal)


def small_rows(bench: Bench) -> Iterator[Row]:
    """The same of small models."""
    single = Replicas(bench.config(SMALL), None)
    for count in SMALL_COUNTS:
        goal = Goal(f"≥ {TIMES_OF_SMALL:g}×", least=TIMES_OF_SMALL)
        yield _row(bench, f"replicas/small/{count}", single, count, SMALL_STEPS // count, goal)


def _row(bench: Bench, name: str, single: Replicas, count: int, steps: int, goal: Goal | None) -> Row:
    """Of `steps` steps of each replica."""
    config = single.model.config
    together = Replicas(config, count)

    def ours() -> None:
        for _ in range(steps):
            together.step()
        synchronize(together.device)

    def apart() -> None:
        for _ in range(steps * count):
            single.step()
        synchronize(single.device)

    taken = bench.medians(name, {"ours": ours, "apart": apart})
    what = f"steps a second × {count} in one program, p {config.p}, width {config.width}; one after another"
    ours_rate, other = (steps * count / taken[side] for side in ("ours", "apart"))
    return Row(
        name, what, "steps/s", ours_rate, other, taken["apart"] / taken["ours"], goal, repetitions=taken.repetitions
    )


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {"replicas": rows, "replicas/small": small_rows}
