"""Lion."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from grokterm.config.optimizers import Optimizer
from grokterm.lab.models.layout import Layout
from grokterm.lab.optimizers.hyperparameters import Hyperparameters
from grokterm.lab.optimizers.rule import Rule


class Lion(Rule):
    """Against sign(β₁m + (1 − β₁)g), then m ← β₂m + (1 − β₂)g (Chen et al. 2023, arXiv:2302.06675, algorithm 2)."""

    def __init__(self, parameters: Tensor, count: Tensor, layout: Layout, hidden: frozenset[str]) -> None:
        super().__init__(parameters, count, layout, hidden)
        self.mean = torch.zeros_like(parameters)

    def direction(self, gradient: Tensor, hyper: Hyperparameters) -> Tensor:
        """See `Rule`."""
        dtype = gradient.dtype
        signs = torch.lerp(self.mean, gradient, (1 - hyper.beta1).to(dtype)).sign()
        self.mean.lerp_(gradient, (1 - hyper.beta2).to(dtype))
        return signs

    def state_dict(self) -> dict[str, Tensor]:
        """The momentum, [..., size]."""
        return {"mean": self.mean}


RULES: Final[dict[Optimizer, type[Rule]]] = {"lion": Lion}
