"""learning/… : the step at which runs grok, for each kind of step that a CPU may take, beside float32 and autograd."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from grokterm.bench.row import Bench, Goal, Row
from grokterm.chart import COLORS, Curve
from grokterm.config import Config
from grokterm.config.architectures import ARCHITECTURES
from grokterm.kernels.build import build
from grokterm.lab import devices, native
from grokterm.lab.engine import Engine
from grokterm.lab.models import build as build_model
from grokterm.lab.models.layout import Layout
from grokterm.lab.optimizers import Hyperparameters, Optimizer
from grokterm.lab.precision import product_for
from grokterm.lab.seeds import generator
from grokterm.lab.tasks import Pairs, make_task
from grokterm.milestones import GROKKED
from grokterm.runs.compared import LETTERS

SEEDS: Final = 5
QUICK_SEEDS: Final = 2
STEPS_AT_MOST: Final = 20_000
WITHIN: Final = Goal("± 5 %", least=0.95, most=1.05)
"""The median step of a variant beside that of float32 with autograd."""


@dataclass(frozen=True)
class Variant:
    """A kind of step that `auto` may choose on a CPU."""

    precision: Literal["bfloat16", "float32"]
    kernels: bool


VARIANTS: Final = {
    "bfloat16, kernels": Variant("bfloat16", kernels=True),
    "bfloat16": Variant("bfloat16", kernels=False),
    "float32, kernels": Variant("float32", kernels=True),
    "float32": Variant("float32", kernels=False),
}


@dataclass
class Learning:
    """Test accuracy at every step with a log record, until it is ≥ .99 or steps run out."""

    steps: list[int] = field(default_factory=lambda: [0])
    test_accuracies: list[float] = field(default_factory=lambda: [math.nan])

    @property
    def step(self) -> int:
        """The first step at which it is ≥ .99, or the last one looked at."""
        return self.steps[-1]

    @property
    def grokked(self) -> bool:
        """Whether it came to be ≥ .99."""
        return GROKKED.reached(self.test_accuracies[-1])

    def add(self, step: int, test_accuracy: float) -> bool:
        """Takes the accuracy after `step` steps; whether the run has grokked."""
        self.steps.append(step)
        self.test_accuracies.append(test_accuracy)
        return GROKKED.reached(test_accuracy)


def learn(config: Config) -> Learning:
    """How an engine learns."""
    engine, seen = Engine(config), Learning()
    while engine.step < STEPS_AT_MOST and engine.finite:
        engine.advance(config.log_every)
        if seen.add(engine.step, engine.measure().test_accuracy):
            break
    return seen


class Eager:
    """A run in float32: gradients by autograd from the logits of all pairs, the optimizer one operation at a time."""

    def __init__(self, config: Config) -> None:
        self.model = build_model(config)
        self.layout = Layout(self.model.shapes())
        self.flat = self.layout.flatten(self.model.start(generator(config.seed, "parameters")))
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
        return self.model.logits(self.layout.unflatten(flat), pairs.a, pairs.b)


def learn_plainly(config: Config) -> Learning:
    """How an `Eager` run learns."""
    run, seen = Eager(config), Learning()
    for step in range(1, STEPS_AT_MOST + 1):
        run.step()
        if step % config.log_every == 0 and seen.add(step, run.test_accuracy()):
            break
    return seen


def variants_here() -> dict[str, Variant]:
    """The variants that this machine has."""
    native.load(build())
    fast = devices.has_fast_bfloat16(devices.find("cpu"))
    known = {name: variant for name, variant in VARIANTS.items() if fast or variant.precision != "bfloat16"}
    loaded = {precision: native.has_product(product_for(precision)) for precision in ("bfloat16", "float32")}
    return {name: variant for name, variant in known.items() if loaded[variant.precision] or not variant.kernels}


def learn_all_plainly(configs: Sequence[Config], say: Callable[[str], None]) -> list[Learning]:
    """How each configuration learns the plain way."""
    seen = []
    for config in configs:
        say(f"learning/{config.arch}: plain float32, seed {config.seed}")
        seen.append(learn_plainly(config))
    return seen


def learn_all(name: str, configs: Sequence[Config], say: Callable[[str], None]) -> list[Learning]:
    """How each configuration learns in one of the variants."""
    variant, seen = VARIANTS[name], []
    native.load(build() if variant.kernels else None)
    try:
        for config in configs:
            say(f"learning/{config.arch}: {name}, seed {config.seed}")
            seen.append(learn(config.changed({"precision": variant.precision})))
    finally:
        native.load(build())
    return seen


def learning_rows(arch: str, bench: Bench) -> Iterator[Row]:
    """The median step of grokking of each variant, and what it is of the plain one's; a CPU's, whatever the device."""
    seeds = range(QUICK_SEEDS if bench.quick else SEEDS)
    configs = [Config(device="cpu", seed=seed, lr=1e-3).changed({"arch": arch}) for seed in seeds]
    plain = learn_all_plainly(configs, bench.say)
    curves = {"float32 with autograd": _curve(plain[0], len(VARIANTS))}
    for name in variants_here():
        seen = learn_all(name, configs, bench.say)
        (ours, at_least), (other, other_at_least) = median_step(seen), median_step(plain)
        what = f"steps to grok, {arch}, {name}, median of {len(seeds)} seeds; float32 with autograd"
        more = {"by seed": _steps(seen), "with autograd": _steps(plain)}
        curves[name] = _curve(seen[0], list(VARIANTS).index(name))
        goal = None if bench.quick else WITHIN  # two seeds lie too far apart to judge by
        row = Row(f"learning/{arch}, {name}", what, "steps", ours, other, ours / other, goal, more=more)
        plain_row = replace(row, at_least=other_at_least, ours_at_least=at_least, repetitions=len(seeds))
        yield replace(plain_row, curves=dict(curves))


def median_step(runs: Sequence[Learning]) -> tuple[float, bool]:
    """The median step, and whether it is only a lower limit, since runs that never grokked count `STEPS_AT_MOST`.

    A run that diverges ends early, and would else seem to be quick.
    """
    steps = [float(run.step) if run.grokked else float(STEPS_AT_MOST) for run in runs]
    never = [step if run.grokked else math.inf for step, run in zip(steps, runs, strict=True)]
    median = statistics.median(steps)
    return median, statistics.median(never) > median


def _steps(runs: Sequence[Learning]) -> str:
    return ", ".join(str(run.step) if run.grokked else "never" for run in runs)


def _curve(run: Learning, number: int) -> Curve:
    """The curve of a run, in the color and with the letter of its variant."""
    steps, accuracies = np.array(run.steps, float), np.array(run.test_accuracies)
    return Curve(LETTERS[number], COLORS[number], steps, accuracies)


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {
    f"learning/{arch}": partial(learning_rows, arch) for arch in ARCHITECTURES
}
"""Rows that take minutes and are measured only when they are asked for."""
