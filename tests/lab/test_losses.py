from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from grokterm.lab.losses import cross_entropy_and_gradient, cross_entropy_sum


def drawn(gap: float, replicas: tuple[int, ...] = ()) -> tuple[Tensor, Tensor]:
    """Logits float32 [..., 40, 11], that of the label about `gap` above the rest, and labels int64 [40]."""
    generator = torch.Generator().manual_seed(0)
    labels = torch.randint(0, 11, (40,), generator=generator)
    logits = torch.randn(*replicas, 40, 11, generator=generator)
    return logits + gap * functional.one_hot(labels, 11), labels


@pytest.mark.parametrize("gap", [-100.0, -20.0, 0.0, 1.0, 14.0, 20.0, 60.0])
def test_loss_and_gradient_are_exact_however_sure_the_model_is(gap: float) -> None:
    logits, labels = drawn(gap)
    wide = logits.double().requires_grad_()
    expected = torch.where(
        torch.tensor(gap > 30),  # below the last digit of float64, the sum of the others
        (wide - wide.gather(-1, labels[:, None])).exp().scatter(-1, labels[:, None], 0.0).sum(-1),
        functional.cross_entropy(wide, labels, reduction="none"),
    )
    (gradient,) = torch.autograd.grad(expected.sum(), wide)
    losses, errors = cross_entropy_and_gradient(logits, labels)
    torch.testing.assert_close(losses.double(), expected.detach(), rtol=2e-5, atol=0)
    torch.testing.assert_close(errors.double(), gradient, rtol=2e-5, atol=1e-37)
    leaf = logits.requires_grad_()
    (by_autograd,) = torch.autograd.grad(cross_entropy_sum(leaf, labels), leaf)
    assert torch.equal(by_autograd, errors)


def test_replicas_have_losses_of_their_own() -> None:
    logits, labels = drawn(3.0, (2, 3))
    together = cross_entropy_sum(logits, labels)
    assert together.shape == (2, 3)
    apart = [[cross_entropy_sum(logits[i, j], labels) for j in range(3)] for i in range(2)]
    assert torch.allclose(together, torch.tensor(apart))


def test_numbers_that_are_not_finite_are_not_hidden() -> None:
    logits, labels = drawn(3.0)
    logits[7, labels[7]] = torch.nan
    losses, _ = cross_entropy_and_gradient(logits, labels)
    assert losses.isnan().nonzero().tolist() == [[7]]
