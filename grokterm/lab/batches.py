"""Which examples each step trains on."""

from __future__ import annotations

import torch
from torch import Tensor

from grokterm.lab.examples import Data, Examples
from grokterm.lab.seeds import generator


class Batches:
    """The examples of one step after another: all of them, or a fresh seeded order an epoch.

    The order of an epoch depends on the seed and the epoch alone, so `epoch` and `position` are the whole state.
    """

    def __init__(self, task: Data, seed: int) -> None:
        self.epoch = 0
        self.position = 0
        """Examples of this epoch's order that were trained on."""
        self._task = task
        self._seed = seed
        self.all = task.examples(task.train, reused=True)
        """The whole training set."""
        self._order: tuple[int, tuple[Tensor, Tensor]] | None = None

    def next(self, size: int | str) -> Examples:
        """The examples of the next step: `size` of them, those left at the end of an epoch, or all for 'full'."""
        return self.all if self._holds_all(size) else self._task.examples(self._next_of(0, size))

    def next_places(self, size: int | str) -> Tensor:
        """The places of the same examples among `all`, int64 [m] on the CPU."""
        return torch.arange(len(self.all)) if self._holds_all(size) else self._next_of(1, size)

    def _holds_all(self, size: int | str) -> bool:
        return not isinstance(size, int) or size >= len(self.all)

    def _next_of(self, which: int, size: int | str) -> Tensor:
        """The next `size` of numbers of examples (0), or of their places (1), in the order of this epoch."""
        assert isinstance(size, int)
        chosen = self._epoch_order()[which][self.position : self.position + size]
        self.position += len(chosen)
        if self.position >= len(self.all):
            self.epoch, self.position = self.epoch + 1, 0
        return chosen

    def _epoch_order(self) -> tuple[Tensor, Tensor]:
        if self._order is None or self._order[0] != self.epoch:
            train = self._task.train
            order = torch.randperm(len(train), generator=generator(self._seed, "batches", self.epoch))
            self._order = (self.epoch, (train[order.to(train.device)], order))
        return self._order[1]
