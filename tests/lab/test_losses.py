from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from grokterm.config.losses import Loss
from grokterm.lab.losses import LOSSES, cross_entropy_and_gradient, cross_entropy_sum


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


@pytest.mark.parametrize(
    ("loss", "of_zeros"),
    [("cross-entropy", math.log(11)), ("stablemax", math.log(11)), ("mse", 1 / 11), ("hinge", 1.0)],
)
def test_the_loss_of_a_model_that_knows_nothing(loss: Loss, of_zeros: float) -> None:
    losses = LOSSES[loss](torch.zeros(3, 11, dtype=torch.float64), torch.tensor([0, 4, 10]))
    assert losses.tolist() == pytest.approx([of_zeros] * 3)


def test_of_two_classes_the_hinge_is_that_of_a_margin() -> None:
    lead = torch.tensor([-2.0, 0.0, 0.25, 1.0, 3.0])
    logits = torch.stack((lead / 2, -lead / 2), -1)
    assert LOSSES["hinge"](logits, torch.zeros(5, dtype=torch.int64)).tolist() == [3.0, 1.0, 0.75, 0.0, 0.0]


@pytest.mark.parametrize("gap", [-1e6, -3.0, 0.0, 5.0, 1e4, 1e7])
def test_stablemax_is_exact_however_sure_the_model_is(gap: float) -> None:
    logits, labels = drawn(gap)
    given = [logits.clone().requires_grad_(), logits.double().requires_grad_()]
    sums = [LOSSES["stablemax"](one, labels) for one in given]
    torch.testing.assert_close(sums[0].double(), sums[1], rtol=2e-5, atol=0)
    gradients = [torch.autograd.grad(one.sum(), of)[0] for one, of in zip(sums, given, strict=True)]
    torch.testing.assert_close(gradients[0].double(), gradients[1], rtol=2e-4, atol=0)
    assert bool(gradients[0].gather(-1, labels[:, None]).all())
