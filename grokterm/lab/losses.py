"""Losses, always in the precision of the logits, which are never in 16 bits."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional


def cross_entropy_sum(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy in nats summed over pairs: logits [..., n, p] and labels int64 [n] give [...]."""
    return _CrossEntropy.apply(logits, labels).sum(-1)  # type: ignore[no-any-return,no-untyped-call]


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
