"""The task of pairs: the table of an operation on residues, and which of its pairs are trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.config.consistency import train_count
from grokterm.lab.examples import Examples
from grokterm.lab.row_sums import RowSums, head_row_sums, pair_row_sums
from grokterm.lab.seeds import generator
from grokterm.tasks.operations import answer_table
from grokterm.tasks.polynomial import UNDEFINED

CACHED_PAIRS: Final = 1 << 19
"""Pairs whose chunks are cached with their row sums (up to 200 bytes per pair and four heads); beyond, none is.

Building them costs the less of a step, the larger p is.
"""

TILE: Final = 16
"""Residues that share a tile: with half of all pairs trained on, a tile has as many as a block of the kernels."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of residues mod p and their labels, each int64 [n]."""

    a: Tensor
    b: Tensor
    labels: Tensor
    p: int
    reused: bool = False
    """Whether the same pairs are trained on in every step, so that what is computed from them is cached."""
    cache: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What a strategy computed from reused pairs; a captured step that reads it keeps the pairs alive."""
    _head_row_sums: dict[int, RowSums] = field(default_factory=dict, init=False, repr=False, compare=False)
    _chunks: dict[int, list[Pairs]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.a)

    @property
    def tokens(self) -> Tensor:
        """See `Examples`."""
        return torch.stack((self.a, self.b), -1)

    @property
    def numbers(self) -> Tensor:
        """See `Examples`."""
        return self.a * self.p + self.b

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """See `Examples`."""
        return self.a, self.b, self.labels

    def copy(self) -> Pairs:
        """See `Examples`."""
        return Pairs(self.a.clone(), self.b.clone(), self.labels.clone(), self.p)

    @cached_property
    def packed(self) -> Tensor:
        """int32 [3, n]: a, b and labels, the input of the C kernels."""
        return torch.stack((self.a, self.b, self.labels)).int()

    @cached_property
    def packed_in_tiles(self) -> Tensor:
        """The same, tile by tile of `TILE` by `TILE` residues: pairs that follow one another share both of theirs."""
        tiles = self.a // TILE * (self.p // TILE + 1) + self.b // TILE
        return self.packed[:, tiles.argsort(stable=True)].contiguous()

    @cached_property
    def row_sums(self) -> RowSums:
        """Sums of two rows per pair, those of a and b, of a table of 2p."""
        return pair_row_sums(self.a, self.b, self.p)

    def head_row_sums(self, heads: int) -> RowSums:
        """Sums of three rows per pair and head, those of a, b and "=", of a table of 2p + 1 by heads."""
        if heads not in self._head_row_sums:
            self._head_row_sums[heads] = head_row_sums(self.row_sums, heads)
        return self._head_row_sums[heads]

    def chunks(self, size: int) -> Iterator[Pairs]:
        """The same pairs in order, at most `size` at a time; chunks of up to CACHED_PAIRS pairs are cached."""
        if len(self) <= size:
            yield self
        elif len(self) > CACHED_PAIRS:
            yield from self._split(size)
        else:
            if size not in self._chunks:
                self._chunks[size] = list(self._split(size))
            yield from self._chunks[size]

    def _split(self, size: int) -> Iterator[Pairs]:
        for start in range(0, len(self), size):
            rows = slice(start, start + size)
            yield Pairs(self.a[rows], self.b[rows], self.labels[rows], self.p, self.reused)


def pairs_of(examples: Examples) -> Pairs:
    """Examples that are pairs; raises TypeError for others."""
    if not isinstance(examples, Pairs):
        raise TypeError(f"pairs of a table are needed here, not {type(examples).__name__}")
    return examples


@dataclass(frozen=True)
class Task:
    """All pairs of residues mod p with their labels, and the split into train and test."""

    p: int
    op: str
    labels: Tensor
    """The right answers, int64 [p, p] indexed [a, b]; UNDEFINED (-1) where the operation is not defined."""
    noisy_labels: Tensor
    """The same, with wrong ones for a share `corrupt` of the training pairs: trained on and measured."""
    train: Tensor
    """int64 [n], sorted pair indices a·p + b."""
    test: Tensor
    """int64 [n], sorted pair indices a·p + b."""

    @cached_property
    def train_mask(self) -> Tensor:
        """bool [p, p]: the pair is in the training set."""
        mask = torch.zeros_like(self.labels, dtype=torch.bool)
        mask.view(-1)[self.train] = True
        return mask

    def pairs(self, indices: Tensor, reused: bool = False) -> Pairs:
        """The residues and noisy labels of pair indices int64 [n]."""
        return Pairs(indices // self.p, indices % self.p, self.noisy_labels.flatten()[indices], self.p, reused)

    def examples(self, indices: Tensor, reused: bool = False) -> Pairs:
        """See `Data`."""
        return self.pairs(indices, reused)

    def to(self, device: torch.device) -> Task:
        """The same task with its tensors on `device`."""
        tensors = (tensor.to(device) for tensor in (self.labels, self.noisy_labels, self.train, self.test))
        return Task(self.p, self.op, *tensors)


def make_task(config: Config) -> Task:
    """The table of the operation and its seeded split, on the CPU and the same for every device.

    A smaller training set is the beginning of a larger one's order, and fewer wrong labels are among more of them.
    """
    labels = operation_table(config.p, config.op)
    defined = (labels.flatten() != UNDEFINED).nonzero().squeeze(-1)
    order = torch.randperm(len(defined), generator=generator(config.seed, "split"))
    train, test = defined[order].tensor_split([train_count(config.p, config.op, config.train_fraction)])
    train = train.sort().values
    return Task(config.p, config.op, labels, corrupt_labels(labels, train, config), train, test.sort().values)


def corrupt_labels(labels: Tensor, train: Tensor, config: Config) -> Tensor:
    """The labels, [p, p] or [m], with a share of those of the training set int64 [n] replaced by seeded wrong ones.

    The wrong label of each pair and the order of pairs depend on the seed alone, so that a set that shrinks and grows
    back, or is put right and corrupted again, is the same.
    """
    count = int(config.corrupt * len(train))
    if not count:
        return labels
    drawn = generator(config.seed, "corrupt")
    turn = torch.randperm(labels.numel(), generator=drawn)
    shift = torch.randint(1, config.p, (labels.numel(),), generator=drawn)
    chosen = train[turn[train].argsort()[:count]]
    noisy = labels.flatten().clone()
    noisy[chosen] = (noisy[chosen] + shift[chosen]) % config.p
    return noisy.view_as(labels)


def operation_table(p: int, op: str) -> Tensor:
    """The answers of an operation, int64 [p, p] indexed [a, b]; UNDEFINED (-1) where it has none."""
    return torch.tensor(answer_table(op, p))
