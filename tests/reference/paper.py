"""The network of Nanda et al. 2023 and its training, plainly, as their released code has them.

No LayerNorm; "=" is a token and a class; heads are a dimension of their own; the rate of step s = 0, 1, … is
lr·min(s/10, 1); torch's AdamW, all training pairs a step, cross-entropy over the p + 1 classes at "=".
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

RAMP = 10
"""Steps of the warm-up."""


class Network:
    """Weights by their names in the paper, each indexed [output, input] and attention's [head, …]."""

    def __init__(self, weights: Mapping[str, Tensor]) -> None:
        self.weights = {name: tensor.clone().requires_grad_() for name, tensor in weights.items()}

    def logits(self, tokens: Tensor) -> Tensor:
        """Logits [pairs, p + 1] at the last of the tokens [pairs, 3]."""
        w = self.weights
        x = w["W_E"].T[tokens] + w["W_pos"]
        keys, queries, values = (torch.einsum("hed,ntd->nhte", w[name], x) for name in ("W_K", "W_Q", "W_V"))
        scores = torch.einsum("nhke,nhqe->nhqk", keys, queries) / math.sqrt(keys.shape[-1])
        seen = torch.ones(3, 3, dtype=torch.bool).tril()
        pattern = torch.where(seen, scores, -1e10).softmax(-1)
        mixed = torch.einsum("nhqk,nhke->nqhe", pattern, values).flatten(-2)
        x = x + mixed @ w["W_O"].T
        x = x + (x @ w["W_in"].T + w["b_in"]).relu() @ w["W_out"].T + w["b_out"]
        logits: Tensor = (x @ w["W_U"])[:, -1]
        return logits


def train(network: Network, pairs: Tensor, labels: Tensor, p: int, steps: int, lr: float, decay: float) -> list[float]:
    """Trains on pairs int64 [n, 2] with their labels; the loss before each step."""
    optimizer = torch.optim.AdamW(network.weights.values(), lr=lr, weight_decay=decay, betas=(0.9, 0.98))
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda s: min(s / RAMP, 1))
    tokens = torch.cat([pairs, torch.full((len(pairs), 1), p)], 1)
    losses = []
    for _ in range(steps):
        chances = network.logits(tokens).log_softmax(-1)
        loss = -chances.gather(-1, labels[:, None]).mean()
        torch.autograd.backward(loss)
        losses.append(loss.item())
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    return losses
