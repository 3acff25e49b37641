"""Small configurations and parameters that the lab's tests share."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.lab.models import Model, Network, Parameters
from grokterm.lab.models.layout import Layout
from grokterm.lab.strategies import choose_strategy
from grokterm.lab.tasks import Pairs

ARCHITECTURES = ("mlp", "embed-mlp", "transformer")
"""Those with steps of their own by hand, on a CPU and on a GPU."""


def small(**values: Any) -> Config:
    """A configuration that trains in no time, on the CPU, in float64 unless told otherwise."""
    few: dict[str, Any] = {"p": 5, "width": 12, "d_model": 8, "heads": 2, "device": "cpu", "precision": "float64"}
    return Config(**(few | values))


def random_parameters(model: Network, seed: int = 0, replicas: tuple[int, ...] = ()) -> Parameters:
    """Parameters in float64 with nothing at a special value, no zero bias and no gain of 1, that keep sizes near 1."""
    generator = torch.Generator().manual_seed(seed)
    return {
        name: torch.randn(*replicas, *shape, generator=generator, dtype=torch.float64) / max(2, shape[0] ** 0.5)
        for name, shape in model.shapes().items()
    }


def loss_and_gradient(model: Model, layout: Layout, flat: Tensor, pairs: Pairs, most: int) -> tuple[Tensor, Tensor]:
    """Those of a step, by the strategy that is chosen now, `most` pairs at a time."""
    loss, gradient = choose_strategy(model, layout, flat, most).loss_and_gradient(pairs)
    return loss, gradient


def all_pairs(p: int) -> tuple[Tensor, Tensor]:
    """Every a and b, int64 [p²] each."""
    index = torch.arange(p * p)
    return index // p, index % p


def drawn_pairs(n: int, p: int, seed: int = 0) -> Pairs:
    """Random pairs with random labels."""
    generator = torch.Generator().manual_seed(seed)
    a, b, labels = (torch.randint(0, p, (n,), generator=generator) for _ in range(3))
    return Pairs(a, b, labels, p)
