"""replicas/R: R runs as one tensor program beside R runs one after another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final

import torch

from grokterm.bench.row import Bench, Goal, Row
from grokterm.bench.steps import synchronize
from grokterm.config import Config
from grokterm.lab import devices
from grokterm.lab.bursts import Burst
from grokterm.lab.engine import FLOATS_AT_ONCE
from grokterm.lab.layout import Layout
from grokterm.lab.models import build
from grokterm.lab.optimizers import Hyperparameters, Optimizer, way_on
from grokterm.lab.precision import product_for
from grokterm.lab.seeds import generator
from grokterm.lab.strategies import choose
from grokterm.lab.tasks import make_task

COUNTS: Final = (1, 8, 64)
QUICK_COUNTS: Final = (1, 8)
TIMES_ON_CUDA: Final = 25
"""How many times as fast as one after another the most replicas have to be on CUDA."""


class Replicas:
    """R models of one config with its seed and the next ones, or one without replica axes, on one split."""

    def __init__(self, config: Config, count: int | None) -> None:
        self.device, precision = devices.resolve(config)
        self.model = build(config, product_for(precision))
        self.layout = Layout(self.model.shapes())
        seeds = range(config.seed, config.seed + (count or 1))
        fresh = torch.stack([self.layout.flat(self.model.init(generator(s, "parameters"))) for s in seeds])
        self.flat = (fresh if count else fresh[0]).to(self.device)
        hyper = Hyperparameters.of(config, self.device)
        if count:
            # A rate for each replica, [R, 1], as a grid over settings has it.
            hyper = replace(hyper, lr=hyper.lr.expand(count, 1).clone())
        self.optimizer = Optimizer(config.optimizer, self.flat, hyper, way_on(self.device))
        task = make_task(config).to(self.device)
        self.pairs = task.pairs(task.train)
        most = max(1, FLOATS_AT_ONCE[self.device.type] // self.model.floats_a_pair // (count or 1))
        self.burst = Burst(choose(self.model, self.layout, self.flat, most), self.optimizer)

    def step(self) -> None:
        """One step of every replica."""
        self.burst.step(self.pairs)


def rows(bench: Bench) -> Iterator[Row]:
    """Replica-steps a second, together and one after another."""
    config = bench.config()
    single = Replicas(config, None)
    for count in QUICK_COUNTS if bench.quick else COUNTS:
        together = Replicas(config, count)

        def ours(together: Replicas = together) -> None:
            together.step()
            synchronize(together.device)

        def apart(count: int = count) -> None:
            for _ in range(count):
                single.step()
            synchronize(single.device)

        taken = bench.medians(f"replicas/{count}", {"ours": ours, "apart": apart})
        ratio = taken["apart"] / taken["ours"]
        judged = together.device.type == "cuda" and count == COUNTS[-1]
        goal = Goal(f"≥ {TIMES_ON_CUDA}×", least=TIMES_ON_CUDA) if judged else None
        what = f"steps a second × {count} in one program; one after another"
        ours_rate, other = count / taken["ours"], count / taken["apart"]
        yield Row(f"replicas/{count}", what, "steps/s", ours_rate, other, ratio, goal)


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {"replicas": rows}
