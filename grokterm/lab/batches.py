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
        self._order: tuple[int, Tensor] | None = None

    def next(self, size: int | str) -> Examples:
        """The examples of the next step: `size` of them, those left at the end of an epoch, or all for 'full'."""
        count = len(self.all)
        if not isinstance(size, int) or size >= count:
            return self.all
        chosen = self._epoch_order()[self.position : self.position + size]
        self.position += len(chosen)
        if self.position >= count:
            self.epoch, self.position = self.epoch + 1, 0
        return self._task.examples(chosen)

    def _epoch_order(self) -> Tensor:
        if self._order is None or self._order[0] != self.epoch:
            train = self._task.train
            order = torch.randperm(len(train), generator=generator(self._seed, "batches", self.epoch))
            self._order = (self.epoch, train[order.to(train.device)])
        return self._order[1]
