"""Gradient descent with momentum, and by signs."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from grokterm.config.optimizers import Optimizer
from grokterm.lab.models.layout import Layout
from grokterm.lab.optimizers.hyperparameters import Hyperparameters
from grokterm.lab.optimizers.rule import Rule


class Sgd(Rule):
    """u ← momentum·u + g, and against u or, as Nesterov has it, g + momentum·u; as torch.optim.SGD.

    Sutskever et al. 2013, Proceedings of Machine Learning Research 28(3).
    """

    decoupled = False

    def __init__(self, parameters: Tensor, count: Tensor, layout: Layout, hidden: frozenset[str]) -> None:
        super().__init__(parameters, count, layout, hidden)
        self.momentum = torch.zeros_like(parameters)

    def direction(self, gradient: Tensor, hyper: Hyperparameters) -> Tensor:
        """See `Rule`."""
        kept = hyper.momentum.to(gradient.dtype)
        self.momentum.mul_(kept).add_(gradient)
        return torch.where(hyper.nesterov > 0, gradient + self.momentum * kept, self.momentum)

    def state_dict(self) -> dict[str, Tensor]:
        """The momentum, [..., size]."""
        return {"momentum": self.momentum}


class SignSgd(Rule):
    """Against the signs of the gradient (Bernstein et al. 2018, arXiv:1802.04434, algorithm 1)."""

    def direction(self, gradient: Tensor, hyper: Hyperparameters) -> Tensor:
        """See `Rule`."""
        return gradient.sign()


RULES: Final[dict[Optimizer, type[Rule]]] = {"sgd": Sgd, "signsgd": SignSgd}
