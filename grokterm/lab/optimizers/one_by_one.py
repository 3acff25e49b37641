"""The optimizers of replicas one after another, whose bits are those of each alone whatever the chain is."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

from grokterm.lab.optimizers.chain import Optimizer


class OneByOne:
    """An optimizer for every replica, without a replica axis."""

    def __init__(self, each: Sequence[Optimizer]) -> None:
        self._each = list(each)

    def prepare(self) -> None:
        """See `Optimizer`."""
        for one in self._each:
            one.prepare()

    def step(self, parameters: Tensor, gradient: Tensor) -> None:
        """Update parameters [replicas, size] in place."""
        for one, row, slope in zip(self._each, parameters.unbind(), gradient.unbind(), strict=True):
            one.step(row, slope)

    def take_replicas(self, into: Sequence[int], other: OneByOne, of: Sequence[int]) -> None:
        """See `Optimizer`."""
        for at, given in zip(into, of, strict=True):
            self._each[at] = other._each[given]
