"""Plain textbook models with grokterm's parameters, to compare with: those in `TWINS` of the files here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional

from grokterm.config import Config
from grokterm.lab.models import Parameters

Twin = Callable[[Config, Mapping[str, Tensor], Tensor, Tensor], Tensor]
"""Logits [n, p] of pairs a, b, differentiable by grokterm's parameters."""


@cache
def twins() -> Mapping[str, Twin]:
    """The plain model of every architecture by its name."""
    found: dict[str, Twin] = {}
    for file in sorted(Path(__file__).parent.glob("*.py")):
        found |= getattr(import_module(f"tests.reference.{file.stem}"), "TWINS", {})
    return found


def plain_logits(config: Config, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
    """Logits [n, p] of the plain model of `config`."""
    return twins()[config.arch](config, parameters, a, b)


def plain_gradients(
    config: Config, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor, labels: Tensor
) -> tuple[Tensor, Parameters]:
    """The plain model's mean cross-entropy and its gradient by every parameter."""
    leaves = {name: tensor.detach().clone().requires_grad_() for name, tensor in parameters.items()}
    loss = functional.cross_entropy(plain_logits(config, leaves, a, b), labels)
    gradients = torch.autograd.grad(loss, list(leaves.values()))
    return loss.detach(), dict(zip(leaves, gradients, strict=True))
