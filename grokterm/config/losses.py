"""Losses by name: what each is and in what unit it is measured."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

Loss = Literal["cross-entropy", "stablemax", "mse", "hinge"]


class DescribedLoss(NamedTuple):
    """How papers write a loss, what it is of a pair, and its unit."""

    title: str
    words: str
    unit: str
    of_probabilities: bool = True
    """Whether it makes logits those of probabilities, so that a cross-entropy of them says something."""
    uses: frozenset[str] = frozenset()
    """The settings that it reads and not every other does."""


LOSSES: Final[dict[Loss, DescribedLoss]] = {
    "cross-entropy": DescribedLoss("cross-entropy", "−ln of the right class's softmax", "nats a pair"),
    "stablemax": DescribedLoss("StableMax", "−ln of the right class's stablemax", "nats a pair"),
    "mse": DescribedLoss("MSE", "mean squared distance of the logits from the one-hot answer", "squared error", False),
    "hinge": DescribedLoss(
        "hinge", "mean over wrong classes of max(0, 1 − lead of the right one)", "lead missing", False
    ),
}


def idle_in_loss(name: str, loss: Loss) -> str:
    """Why a setting does nothing with a loss, in words; empty where it does something."""
    readers = [key for key, one in LOSSES.items() if name in one.uses]
    if not readers or loss in readers:
        return ""
    return f"does nothing with {LOSSES[loss].title}: only {' or '.join(readers)} reads it"


def loss_unit(loss: Loss) -> str:
    """The unit of train and test loss, for an axis."""
    return LOSSES[loss].unit
