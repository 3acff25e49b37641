"""Small models to measure: random ones and ones trained for a moment, kept for all tests of a worker."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
from torch import Tensor

from grokterm.analysis.angles import Angles, angles_of
from grokterm.analysis.spectrum import spectrum
from grokterm.config import Config
from grokterm.lab.engine import Engine
from grokterm.lab.models import Model, build
from grokterm.lab.tasks import make_task
from tests.by_kernels import by_kernels

OPERATIONS = ("add", "subtract", "multiply", "divide")


@dataclass(frozen=True)
class Sample:
    """A model with its parameters and logits, and what is to be measured on it."""

    config: Config
    model: Model
    parameters: dict[str, Tensor]
    logits: Tensor
    labels: Tensor
    train: Tensor
    keys: tuple[int, ...]

    @property
    def angles(self) -> Angles:
        found = angles_of(self.config.op, self.config.p)
        assert found is not None
        return found


def sample(config: Config, parameters: dict[str, Tensor], keys: tuple[int, ...]) -> Sample:
    """The sample of given parameters."""
    p, model, task = config.p, build(config), make_task(config)
    pairs = torch.arange(p * p)
    with torch.no_grad():
        logits = model.logits(parameters, pairs // p, pairs % p).view(p, p, p)
    train = torch.zeros(p * p, dtype=torch.bool)
    train[task.train] = True
    return Sample(config, model, parameters, logits, task.labels, train.view(p, p), keys)


def small(arch: str, op: str, p: int, **values: Any) -> Config:
    """A small configuration on the CPU."""
    return Config(**{"p": p, "op": op, "arch": arch, "device": "cpu", "precision": "float32", "heads": 2, **values})


def make_engine(config: Config) -> Engine:
    """An engine that leaves the process as it was: tests that draw the smallest floats run in it too."""
    engine = Engine(config)
    torch.set_flush_denormal(False)
    return engine


@cache
def random_sample(arch: str = "one-hot", op: str = "add", p: int = 31, dtype: torch.dtype = torch.float64) -> Sample:
    """A model with fresh weights, doubled so that its logits differ."""
    config = small(arch, op, p, width=48, d_model=16)
    fresh = build(config).init(torch.Generator().manual_seed(7))
    return sample(config, {name: (2 * value).to(dtype) for name, value in fresh.items()}, (1, 2, 5))


@cache
def trained_sample(arch: str = "one-hot", op: str = "add", p: int = 31, dtype: torch.dtype = torch.float64) -> Sample:
    """A model that has grokked most of its task, with the three largest frequencies of its spectrum as keys."""
    config = small(arch, op, p, width=128, d_model=32, train_fraction=0.7, lr=1e-2)
    trained = {name: value.to(dtype) for name, value in _trained(config).items()}
    norms, _, _ = spectrum(build(config), trained, config)
    return sample(config, trained, tuple(sorted((norms.topk(3).indices + 1).tolist())))


@cache
def _trained(config: Config) -> dict[str, Tensor]:
    with by_kernels():
        engine = make_engine(config)
        engine.advance(600)
    return {name: value.detach().clone() for name, value in engine.parameters.items()}
