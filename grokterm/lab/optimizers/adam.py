"""Adam and AdamW: the same rule, with decay in the gradient or apart from it."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter
from typing import Final

import torch
from torch import Tensor

from grokterm.config.optimizers import Optimizer
from grokterm.lab.models.layout import Layout
from grokterm.lab.optimizers.hyperparameters import Hyperparameters
from grokterm.lab.optimizers.rule import Rule

_FUSED: Final = "_fused_adamw_"
"""A private name of torch, without which a step on a CPU is a chain."""


def has_fused_step() -> bool:
    """Whether this torch has AdamW in one pass."""
    return hasattr(torch, _FUSED)


class AdamW(Rule):
    """Adam's rule (Kingma & Ba 2015, arXiv:1412.6980, algorithm 1), its decay decoupled (Loshchilov & Hutter 2019)."""

    in_one_pass = True

    def __init__(self, parameters: Tensor, count: Tensor, layout: Layout, hidden: frozenset[str]) -> None:
        """`count` is the t of the bias corrections."""
        super().__init__(parameters, count, layout, hidden)
        self.mean = torch.zeros_like(parameters)
        self.square = torch.zeros_like(parameters)

    def direction(self, gradient: Tensor, hyper: Hyperparameters) -> Tensor:
        """m̂/(√v̂ + ε) of a gradient [..., size], which updates the moments."""
        dtype = gradient.dtype
        self.mean.lerp_(gradient, (1 - hyper.beta1).to(dtype))
        self.square.lerp_(gradient.square(), (1 - hyper.beta2).to(dtype))
        of_mean = (1 - hyper.beta1**self.count).to(dtype)
        of_square = (1 - hyper.beta2**self.count).to(dtype)
        spread = (self.square / of_square).sqrt_().add_(hyper.epsilon.to(dtype))
        return (self.mean / of_mean).div_(spread)

    def fused_step(self, parameters: Tensor, gradient: Tensor, hyper: Hyperparameters, rate: Tensor) -> None:
        """The update by `direction` and the decoupled decay in one pass over parameters [..., size], in place.

        Its numbers are read here, for free on a CPU: a captured step would not see them change.
        """
        numbers = (rate, hyper.beta1, hyper.beta2, hyper.weight_decay, hyper.epsilon)
        replicas, size = parameters.shape[:-1], parameters.shape[-1]
        of_each = torch.stack([number.expand(*replicas, 1).flatten() for number in numbers], -1).tolist()
        tensors = [t.view(-1, size).unbind() for t in (parameters, gradient, self.mean, self.square)]
        counts = self.count.expand(*replicas, 1).flatten().unbind()
        # A replica is a tensor of its own, so that its bits are those of the same run alone.
        rows = zip(of_each, *tensors, counts, strict=True)
        for (lr, beta1, beta2, decay, epsilon), alike in groupby(rows, itemgetter(0)):
            _, one, slope, mean, square, count = map(list, zip(*alike, strict=True))
            getattr(torch, _FUSED)(
                one,
                slope,
                mean,
                square,
                [],
                count,
                lr=lr,
                beta1=beta1,
                beta2=beta2,
                weight_decay=decay,
                eps=epsilon,
                amsgrad=False,
                maximize=False,
            )

    @staticmethod
    def plan(counts: Tensor, rate: Tensor, hyper: Hyperparameters) -> list[Tensor]:
        """What `planned_step` reads at the steps `counts` with learning rates `rate`: five numbers a step."""
        of_mean, of_square = 1 - hyper.beta1**counts, (1 - hyper.beta2**counts).sqrt()
        kept, scaled = 1 - rate * hyper.weight_decay, rate * of_square / of_mean
        return [1 - hyper.beta1, 1 - hyper.beta2, kept, scaled, hyper.epsilon * of_square]

    def planned_step(self, parameters: Tensor, gradient: Tensor, numbers: Tensor) -> None:
        """θ ← θ(1 − lr·weight_decay) − lr·m̂/(√v̂ + ε) of parameters [..., size]; numbers are [5, ..., 1].

        With both fractions extended by the root of v's bias correction, that is a number and no pass.
        """
        of_mean, of_square, kept, scaled, epsilon = numbers.unbind()
        self.mean.lerp_(gradient, of_mean)
        self.square.lerp_(gradient.square(), of_square)
        direction = self.mean / self.square.sqrt().add_(epsilon)
        parameters.mul_(kept).addcmul_(direction, scaled, value=-1)

    def state_dict(self) -> dict[str, Tensor]:
        """The moments by name, [..., size] each."""
        return {"mean": self.mean, "square": self.square}


class CoupledAdam(AdamW):
    """The same rule with weight_decay·θ in the gradient, as torch.optim.Adam: L2 that the moments see."""

    decoupled = False
    in_one_pass = False


RULES: Final[dict[Optimizer, type[Rule]]] = {"adamw": AdamW, "adam": CoupledAdam}
