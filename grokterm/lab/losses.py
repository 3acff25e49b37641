"""Losses, always in the precision of the logits, which are never in 16 bits."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional

from grokterm.config.losses import Loss
from grokterm.plugins.items import PluginError
from grokterm.plugins.registry import function, place_of


def cross_entropy_sum(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy in nats summed over pairs: logits [..., n, p] and labels int64 [n] or [..., n] give [...]."""
    return cross_entropy(logits, labels).sum(-1)


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropies in nats: logits [..., n, p] and labels int64 [n] or [..., n] give [..., n]."""
    return _CrossEntropy.apply(logits, labels)  # type: ignore[no-any-return,no-untyped-call]


def cross_entropy_and_gradient(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
    """Cross-entropies in nats [..., n] and their gradient, softmax − one-hot [..., n, p], of logits [..., n, p].

    The softmax of a label, less 1, is taken as minus the sum of all others. As p − 1 it is 0 from a gap of 16.6 nats
    on for two classes and of about 20 for 97 (float32), while the others' gradient is not: what is left of it adds up
    over the pairs, and throws a model that has grokked off every few hundred steps (softmax collapse, Prieto et al.
    2025, arXiv:2501.04697; the slingshots of Thilak et al. 2022, arXiv:2206.04817). Nanda et al. take the softmax in
    float64 instead.
    """
    wanted = labels.expand(logits.shape[:-1])[..., None]
    logs = functional.log_softmax(logits, -1)
    loss = -logs.gather(-1, wanted)
    errors = logs.exp_().scatter_(-1, wanted, 0)
    others = errors.sum(-1, keepdim=True)
    errors.scatter_(-1, wanted, -others)
    return torch.where(others < 0.5, -torch.log1p(-others), loss).squeeze(-1), errors


class _CrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, logits: Tensor, labels: Tensor) -> Tensor:
        losses, errors = cross_entropy_and_gradient(logits, labels)
        ctx.save_for_backward(errors)
        return losses

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (errors,) = ctx.saved_tensors
        return errors * gradients[0][..., None], None


def stablemax(logits: Tensor, labels: Tensor) -> Tensor:
    """−ln(s(z_y)/Σ s(z_j)) with s(x) = x + 1 from 0 on and 1/(1 − x) below (Prieto et al. 2025, arXiv:2501.04697).

    As ln(1 + Σ_{j≠y} s(z_j)/s(z_y)): of a model that is sure, exact as far as a logarithm near 0 can be.
    """
    sizes = torch.where(logits < 0, 1 / (1 - logits.clamp(max=0)), logits.clamp(min=0) + 1)
    right = _is_right(logits, labels)
    return torch.log1p(torch.where(right, 0, sizes).sum(-1) / torch.where(right, sizes, 0).sum(-1))


def squared_error(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean over classes of (z_j − [j = y])², as torch.nn.MSELoss has it (grokking with it: Gromov 2023, 2301.02679)."""
    return (logits - _is_right(logits, labels).to(logits.dtype)).square().mean(-1)


def hinge(logits: Tensor, labels: Tensor) -> Tensor:
    """Mean over the wrong classes of max(0, 1 − (z_y − z_j)) (Weston & Watkins 1999, ESANN, equation 3).

    They take the sum; as a mean it is the hinge loss of two classes where there are two, and 1 for logits of 0.
    """
    right = _is_right(logits, labels)
    missing = (1 + logits - torch.where(right, logits, 0).sum(-1, keepdim=True)).clamp(min=0)
    return torch.where(right, 0, missing).sum(-1) / (logits.shape[-1] - 1)


def _is_right(logits: Tensor, labels: Tensor) -> Tensor:
    """Whether a class is the label, bool [..., n, classes]; to gather by it would scatter back, unordered on CUDA."""
    return torch.arange(logits.shape[-1], device=logits.device) == labels[..., None]


LOSSES: Final[dict[Loss, Callable[[Tensor, Tensor], Tensor]]] = {
    "cross-entropy": cross_entropy,
    "stablemax": stablemax,
    "mse": squared_error,
    "hinge": hinge,
}
"""The loss of every pair: logits [..., n, classes] and labels int64 [n] or [..., n] give [..., n]."""


def loss_function(loss: Loss) -> Callable[..., Tensor]:
    """One of these, or that of a plugin, whose numbers are keyword arguments."""
    own = function("loss", loss)
    return partial(_of_plugin, loss, own) if own is not None else LOSSES[loss]


def _of_plugin(name: str, own: Callable[..., Any], logits: Tensor, labels: Tensor, **numbers: Any) -> Tensor:
    """The loss of a plugin; raises PluginError where it is none of every example, or not one of the logits."""
    found = own(logits, labels, **numbers)
    if not isinstance(found, Tensor) or found.shape != logits.shape[:-1]:
        got = f"a tensor {list(found.shape)}" if isinstance(found, Tensor) else type(found).__name__
        raise PluginError(f"the loss {name} ({place_of('loss', name)}) must give {list(logits.shape[:-1])}, not {got}")
    if logits.requires_grad and not found.requires_grad:
        raise PluginError(f"the loss {name} ({place_of('loss', name)}) does not depend on the logits")
    return found


ERRORS: Final[dict[Loss, Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]]] = {
    "cross-entropy": cross_entropy_and_gradient
}
"""Those with their gradient by the logits, where it is better known by hand than by autograd."""
