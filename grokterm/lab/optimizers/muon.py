"""Muon: hidden matrices by orthogonalised momentum, everything else by AdamW."""

from __future__ import annotations

import math
from typing import Final

import torch
from torch import Tensor

from grokterm.config.optimizers import Optimizer
from grokterm.lab.models.layout import Layout
from grokterm.lab.optimizers.adam import AdamW
from grokterm.lab.optimizers.hyperparameters import Hyperparameters
from grokterm.lab.optimizers.rule import Rule

_COEFFICIENTS: Final = (3.4445, -4.7750, 2.0315)
_ITERATIONS: Final = 5
_TINY: Final = 1e-7


class Muon(AdamW):
    """Nesterov momentum of each hidden matrix, brought near the closest orthogonal one, at a rate of its own.

    Jordan et al. 2024, kellerjordan.github.io/posts/muon. The iteration runs in the precision of the weights, where
    the authors take bfloat16.
    """

    in_one_pass = False

    def __init__(self, parameters: Tensor, count: Tensor, layout: Layout, hidden: frozenset[str]) -> None:
        super().__init__(parameters, count, layout, hidden)
        self.momentum = torch.zeros_like(parameters)
        parts = [torch.full((math.prod(shape),), name in hidden) for name, shape in layout.shapes.items()]
        self._is_hidden = torch.cat(parts).to(parameters.device)

    def direction(self, gradient: Tensor, hyper: Hyperparameters) -> Tensor:
        """See `Rule`."""
        kept = hyper.momentum.to(gradient.dtype)
        self.momentum.lerp_(gradient, 1 - kept)
        of_hidden = self.layout.unflatten(torch.lerp(gradient, self.momentum, kept))
        parts = self.layout.unflatten(super().direction(gradient, hyper))
        return self.layout.flatten(parts | {name: orthogonalized(of_hidden[name]) for name in self.hidden})

    def rates(self, share: Tensor, hyper: Hyperparameters) -> Tensor:
        """`muon_lr` for hidden matrices and `lr` for the rest."""
        return torch.where(self._is_hidden, hyper.muon_lr, hyper.lr) * share

    def state_dict(self) -> dict[str, Tensor]:
        """Momentum and moments, [..., size] each; only those of its own part of the parameters matter."""
        return {**super().state_dict(), "momentum": self.momentum}


def orthogonalized(g: Tensor) -> Tensor:
    """Five Newton–Schulz steps from a matrix [..., inputs, outputs], times √max(1, outputs/inputs)."""
    inputs, outputs = g.shape[-2:]
    a, b, c = _COEFFICIENTS
    x: Tensor = g if inputs <= outputs else g.mT
    x = x / (torch.linalg.matrix_norm(x, keepdim=True) + _TINY)
    for _ in range(_ITERATIONS):
        square = x @ x.mT
        x = a * x + (b * square + c * square @ square) @ x
    x = x if inputs <= outputs else x.mT
    return x * math.sqrt(max(1, outputs / inputs))


RULES: Final[dict[Optimizer, type[Rule]]] = {"muon": Muon}
