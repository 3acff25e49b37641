"""Plain textbook models with grokterm's parameters, to compare with."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from grokterm.config import Config
from grokterm.lab.models import Parameters
from tests.reference.perceptrons import perceptron_logits
from tests.reference.plain_transformer import transformer_logits


def plain_logits(config: Config, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
    """Logits [n, p] of the plain model of `config`."""
    of_arch = transformer_logits if config.arch == "transformer" else perceptron_logits
    return of_arch(config, parameters, a, b)


def plain_gradients(
    config: Config, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor, labels: Tensor
) -> tuple[Tensor, Parameters]:
    """The plain model's mean cross-entropy and its gradient by every parameter."""
    leaves = {name: tensor.detach().clone().requires_grad_() for name, tensor in parameters.items()}
    loss = functional.cross_entropy(plain_logits(config, leaves, a, b), labels)
    gradients = torch.autograd.grad(loss, list(leaves.values()))
    return loss.detach(), dict(zip(leaves, gradients, strict=True))
