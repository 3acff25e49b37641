"""How far rounding to bfloat16 may move a loss and its gradients, whatever a processor rounds.

A number of bfloat16 has 8 significant bits: rounded to the nearest, it moves by at most u = 2⁻⁸ of itself. Which
numbers are rounded differs: the factors of every product, or of large ones alone; results too, where a library returns
them in bfloat16. And a unit that rectifies near 0 is turned on by one rounding and off by another, so that the gradient
moves by more than the sums Σ |x||w| · 2u of its products tell.

So the same step is taken in float64 with every factor and every result of every product, forward and back, moved by a
share of its own, drawn evenly from [−u, u]: a rounding to the nearest moves it less in the mean (u is reached by powers
of 2 alone), and what rounds fewer numbers moves it less. The norm of an error adds up over hundreds of independent
shares, so the largest of sixteen draws is near the largest of many. It is doubled for sums that are rounded before an
activation, where a square doubles a relative error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.lab.losses import cross_entropy_sum
from grokterm.lab.models import Parameters, build
from grokterm.lab.precision import Product
from grokterm.lab.tasks import Pairs

UNIT: Final = 2.0**-8
DRAWS: Final = 16
MARGIN: Final = 2.0


class _Moved(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor) -> Tensor:
        ctx.save_for_backward(x, w)
        return _times(x, w)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        x, w = ctx.saved_tensors
        (gradient,) = gradients
        return _times(gradient, w.mT).sum_to_size(x.shape), _times(x.mT, gradient).sum_to_size(w.shape)


def _times(x: Tensor, w: Tensor) -> Tensor:
    return _near(_near(x) @ _near(w))


def _near(x: Tensor) -> Tensor:
    return x * (1 + UNIT * (2 * torch.rand_like(x) - 1))


def _moved(x: Tensor, w: Tensor) -> Tensor:
    result: Tensor = _Moved.apply(x, w)  # type: ignore[no-untyped-call]
    return result


def exact(
    config: Config, parameters: Mapping[str, Tensor], pairs: Pairs, product: Product = torch.matmul
) -> tuple[Tensor, Parameters]:
    """Cross-entropy summed over the pairs and its gradients, by autograd of the logits in float64."""
    leaves = {name: tensor.double().requires_grad_() for name, tensor in parameters.items()}
    model = build(config, product)
    loss = cross_entropy_sum(model.logits(leaves, pairs.a, pairs.b), pairs.labels)
    return loss.detach(), dict(zip(leaves, torch.autograd.grad(loss, list(leaves.values())), strict=True))


def check_rounding(
    config: Config, parameters: Mapping[str, Tensor], pairs: Pairs, loss: Tensor, gradients: Mapping[str, Tensor]
) -> None:
    """Loss and gradients, summed over the pairs, lie no further from the exact ones than rounding may move them."""
    of_loss, of_gradients = exact(config, parameters, pairs)
    torch.manual_seed(0)
    draws = [exact(config, parameters, pairs, _moved) for _ in range(DRAWS)]
    assert abs(loss - of_loss) <= MARGIN * max(abs(moved - of_loss) for moved, _ in draws)
    for name, right in of_gradients.items():
        bound = MARGIN * max((moved[name] - right).norm() for _, moved in draws)
        assert bound < right.norm() / 2, f"{name}: this bound tells nothing"
        assert (gradients[name] - right).norm() <= bound, name
