"""What a step trains on: examples of tokens and labels, and the data of a task that they are taken from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

import torch
from torch import Tensor


class Examples(Protocol):
    """Inputs of k tokens each with their labels; pairs of residues are the case k = 2 that has a table."""

    @property
    def tokens(self) -> Tensor:
        """int64 [n, k]."""

    @property
    def labels(self) -> Tensor:
        """int64 [n]."""

    @property
    def numbers(self) -> Tensor:
        """A number of its own for every example, int64 [n]."""

    @property
    def reused(self) -> bool:
        """Whether the same examples are trained on in every step."""

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """All tensors that have a row an example, in order."""

    def __len__(self) -> int: ...

    def copy(self) -> Examples:
        """The same in tensors of its own, which others of as many examples may be copied into."""

    def chunks(self, size: int) -> Iterator[Examples]:
        """The same examples in order, at most `size` at a time."""


class Data(Protocol):
    """All examples of a task by number, and the split into train and test."""

    @property
    def labels(self) -> Tensor:
        """The right answers, int64 [p, p] of a table or [m]; UNDEFINED (-1) where there is none."""

    @property
    def noisy_labels(self) -> Tensor:
        """The same, with wrong ones for a share `corrupt` of the training set: trained on and measured."""

    @property
    def train_mask(self) -> Tensor:
        """Whether an example is in the training set, bool of the same shape."""

    @property
    def train(self) -> Tensor:
        """int64 [n], sorted numbers of examples."""

    @property
    def test(self) -> Tensor:
        """int64 [n], sorted numbers of examples."""

    def examples(self, indices: Tensor, reused: bool = False) -> Examples:
        """The examples of these numbers, int64 [n], with the labels that are trained on."""

    def to(self, device: torch.device) -> Data:
        """The same with its tensors on `device`."""
