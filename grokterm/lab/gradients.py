"""The loss of a set of pairs and its gradient."""

from __future__ import annotations

import torch
from torch import Tensor

from grokterm.lab.layout import Layout
from grokterm.lab.models import Model
from grokterm.lab.tasks import Pairs


def loss_and_gradient(model: Model, layout: Layout, flat: Tensor, pairs: Pairs, most: int) -> tuple[Tensor, Tensor]:
    """Mean cross-entropy [...] of the pairs, in nats, and its gradient [..., size] by the flat parameters.

    Without kernels that know the model, at most `most` pairs are held at a time; their order is fixed, so the sums are
    the same bits every time.
    """
    done = _by_hand(model, layout, flat, pairs)
    if done is not None:
        return done
    leaf = flat.detach().requires_grad_()
    loss, gradient = torch.zeros_like(flat[..., 0]), torch.Tensor()
    for part in pairs.parts(most):
        share = model.loss(layout.parameters(leaf), part) / len(pairs)
        (of_part,) = torch.autograd.grad(share.sum(), leaf)
        loss = loss + share.detach()
        gradient = gradient.add_(of_part) if gradient.numel() else of_part
    return loss, gradient


def _by_hand(model: Model, layout: Layout, flat: Tensor, pairs: Pairs) -> tuple[Tensor, Tensor] | None:
    """The same by the kernels, which take one replica after another; None where they do not know the model."""
    written, losses = torch.empty_like(flat), []
    for one, into in zip(flat.view(-1, layout.size), written.view(-1, layout.size), strict=True):
        done = model.by_hand(layout.parameters(one), pairs, layout.parameters(into))
        if done is None:
            return None
        losses.append(done[0] / len(pairs))
    return flat.new_tensor(losses).view(flat.shape[:-1]), written


def decisive(loss: Tensor, gradient: Tensor, flat: Tensor) -> Tensor:
    """Loss [...], Σg² and Σθ² as [3, ...]: a step is taken only where all are finite.

    Σθ² overflows long before a weight does, so weights that run away are caught while they are finite.
    """
    return torch.stack([loss, torch.linalg.vecdot(gradient, gradient), torch.linalg.vecdot(flat, flat)])
