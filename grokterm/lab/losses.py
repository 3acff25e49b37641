"""Losses, always in the precision of the logits, which are never in 16 bits."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional


def cross_entropy_sum(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy in nats summed over pairs: logits [..., n, p] and labels int64 [n] give [...]."""
    wanted = labels.expand(logits.shape[:-1]).flatten()
    each = functional.cross_entropy(logits.flatten(0, -2), wanted, reduction="none")
    return each.view(logits.shape[:-1]).sum(-1)
