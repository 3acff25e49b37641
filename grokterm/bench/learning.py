"""learning/… : the step at which runs grok, for each way that a CPU may take steps, beside float32 and autograd."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Final, Literal

import torch
from torch import Tensor
from torch.nn import functional

from grokterm.bench.row import Bench, Goal, Row
from grokterm.config import Config
from grokterm.kernels.build import build
from grokterm.lab import devices, native
from grokterm.lab.engine import Engine
from grokterm.lab.layout import Layout
from grokterm.lab.models import ARCHITECTURES
from grokterm.lab.models import build as build_model
from grokterm.lab.optimizers import Hyperparameters, Optimizer
from grokterm.lab.precision import product_for
from grokterm.lab.seeds import generator
from grokterm.lab.tasks import Pairs, make_task
from grokterm.milestones import GROKKED

SEEDS: Final = 5
QUICK_SEEDS: Final = 2
STEPS_AT_MOST: Final = 20_000
WITHIN: Final = Goal("0.9 – 1.1×", least=0.9, most=1.1)


@dataclass(frozen=True)
class Way:
    """One way of taking steps that `auto` may choose on a CPU."""

    precision: Literal["bfloat16", "float32"]
    kernels: bool


WAYS: Final = {
    "bfloat16, kernels": Way("bfloat16", kernels=True),
    "bfloat16": Way("bfloat16", kernels=False),
    "float32, kernels": Way("float32", kernels=True),
    "float32": Way("float32", kernels=False),
}


def step_of_grokking(config: Config) -> int:
    """The first step with a log record at which an engine's test accuracy is ≥ .99, or the last one looked at."""
    engine = Engine(config)
    while engine.step < STEPS_AT_MOST and engine.finite:
        engine.advance(config.log_every)
        if GROKKED.reached(engine.measure().test_accuracy):
            break
    return engine.step


class Eager:
    """A run in float32: gradients by autograd from the logits of all pairs, the optimizer one operation at a time."""

    def __init__(self, config: Config) -> None:
        self.model = build_model(config)
        self.layout = Layout(self.model.shapes())
        self.flat = self.layout.flat(self.model.init(generator(config.seed, "parameters")))
        self.optimizer = Optimizer(config.optimizer, self.flat, Hyperparameters.of(config, self.flat.device))
        task = make_task(config)
        self.train, self.test = task.pairs(task.train), task.pairs(task.test)

    def step(self) -> None:
        """One step on all training pairs."""
        leaf = self.flat.detach().requires_grad_()
        loss = functional.cross_entropy(self._logits(leaf, self.train), self.train.labels)
        self.optimizer.step(self.flat, *torch.autograd.grad(loss, leaf))

    @torch.no_grad()
    def test_accuracy(self) -> float:
        """Share of the test pairs that get their label."""
        return (self._logits(self.flat, self.test).argmax(-1) == self.test.labels).double().mean().item()

    def _logits(self, flat: Tensor, pairs: Pairs) -> Tensor:
        return self.model.logits(self.layout.parameters(flat), pairs.a, pairs.b)


def plain_step_of_grokking(config: Config) -> int:
    """The same for an `Eager` run."""
    run = Eager(config)
    for step in range(1, STEPS_AT_MOST + 1):
        run.step()
        if step % config.log_every == 0 and GROKKED.reached(run.test_accuracy()):
            break
    return step


def ways_here() -> dict[str, Way]:
    """The ways that this machine knows."""
    native.load(build())
    fast = devices.has_fast_bfloat16(devices.find("cpu"))
    return {
        name: way
        for name, way in WAYS.items()
        if (fast or way.precision != "bfloat16") and (not way.kernels or native.knows(product_for(way.precision)))
    }


def plain_steps(configs: Sequence[Config], say: Callable[[str], None]) -> list[int]:
    """The step at which each configuration groks the plain way."""
    steps = []
    for config in configs:
        say(f"learning/{config.arch}: plain float32, seed {config.seed}")
        steps.append(plain_step_of_grokking(config))
    return steps


def steps_of(name: str, configs: Sequence[Config], say: Callable[[str], None]) -> list[int]:
    """The step at which each configuration groks by one of the ways."""
    way, steps = WAYS[name], []
    native.load(build() if way.kernels else None)
    try:
        for config in configs:
            say(f"learning/{config.arch}: {name}, seed {config.seed}")
            steps.append(step_of_grokking(config.changed({"precision": way.precision})))
    finally:
        native.load(build())
    return steps


def learning_rows(arch: str, bench: Bench) -> Iterator[Row]:
    """The median step of grokking of each way, and what it is of the plain one's; a CPU's, whatever the device."""
    seeds = range(QUICK_SEEDS if bench.quick else SEEDS)
    configs = [Config(device="cpu", seed=seed).changed({"arch": arch}) for seed in seeds]
    plain = plain_steps(configs, bench.say)
    for name in ways_here():
        steps = steps_of(name, configs, bench.say)
        ours, other = statistics.median(steps), statistics.median(plain)
        what = f"steps to grok, {arch}, {name}, median of {len(seeds)} seeds; float32 with autograd"
        more = {"by seed": ", ".join(map(str, steps)), "with autograd": ", ".join(map(str, plain))}
        yield Row(f"learning/{arch}, {name}", what, "steps", ours, other, ours / other, WITHIN, more=more)


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    f"learning/{arch}": partial(learning_rows, arch) for arch in ARCHITECTURES
}
"""Rows that take minutes and are measured only when they are asked for."""
