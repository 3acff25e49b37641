"""The task: the table of an operation on residues, and which of its pairs are trained on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.consistency import train_count
from grokterm.lab.bags import Bags, bags_of_heads, bags_of_pairs
from grokterm.lab.seeds import generator
from grokterm.operations import POLYNOMIALS, Operation

UNDEFINED: Final = -1
"""The label of a pair on which the operation is not defined."""

KEPT: Final = 1 << 19
"""Pairs whose parts keep their bags, which take up to 200 bytes a pair and four heads; beyond, a part's are dropped.

Building them costs the less of a step, the larger p is.
"""


@dataclass(frozen=True)
class Pairs:
    """Pairs of residues mod p and their labels, each int64 [n]."""

    a: Tensor
    b: Tensor
    labels: Tensor
    p: int
    lasting: bool = False
    """Whether the same pairs are trained on again and again, so that what is worked out of them is worth keeping."""
    kept: dict[object, Any] = field(default_factory=dict, init=False, repr=False, compare=False)
    """What a strategy worked out of lasting pairs: a captured step that read it holds the pairs."""
    _head_bags: dict[int, Bags] = field(default_factory=dict, init=False, repr=False, compare=False)
    _parts: dict[int, list[Pairs]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.a)

    @cached_property
    def numbers(self) -> Tensor:
        """int32 [3, n]: a, b and labels, as the kernels in C take them."""
        return torch.stack((self.a, self.b, self.labels)).int()

    @cached_property
    def bags(self) -> Bags:
        """Two rows a pair, that of a and that of b, out of a table of 2p."""
        return bags_of_pairs(self.a, self.b, self.p)

    def head_bags(self, heads: int) -> Bags:
        """Three rows a pair and head, those of a, b and "=", out of a table of 2p + 1 by heads."""
        if heads not in self._head_bags:
            self._head_bags[heads] = bags_of_heads(self.bags, heads)
        return self._head_bags[heads]

    def parts(self, most: int) -> Iterator[Pairs]:
        """The same pairs in order, at most `most` at a time; parts of up to KEPT pairs keep what they work out."""
        if len(self) <= most:
            yield self
        elif len(self) > KEPT:
            yield from self._cut(most)
        else:
            if most not in self._parts:
                self._parts[most] = list(self._cut(most))
            yield from self._parts[most]

    def _cut(self, most: int) -> Iterator[Pairs]:
        for start in range(0, len(self), most):
            rows = slice(start, start + most)
            yield Pairs(self.a[rows], self.b[rows], self.labels[rows], self.p, self.lasting)


@dataclass(frozen=True)
class Task:
    """All pairs of residues mod p with their labels, and the split into train and test."""

    p: int
    op: Operation
    labels: Tensor
    """The right answers, int64 [p, p] indexed [a, b]; UNDEFINED (-1) where the operation is not defined."""
    given: Tensor
    """The same, but for corrupted training pairs a wrong label: what is trained on and measured."""
    train: Tensor
    """int64 [n], sorted pair indices a·p + b."""
    test: Tensor
    """int64 [n], sorted pair indices a·p + b."""

    @cached_property
    def trained(self) -> Tensor:
        """bool [p, p]: the pair is in the training set."""
        trained = torch.zeros_like(self.labels, dtype=torch.bool)
        trained.view(-1)[self.train] = True
        return trained

    def pairs(self, indices: Tensor, lasting: bool = False) -> Pairs:
        """The residues and the labels given for pair indices int64 [n]."""
        return Pairs(indices // self.p, indices % self.p, self.given.flatten()[indices], self.p, lasting)

    def to(self, device: torch.device) -> Task:
        """The same task with its tensors on `device`."""
        tensors = (tensor.to(device) for tensor in (self.labels, self.given, self.train, self.test))
        return Task(self.p, self.op, *tensors)


def make_task(config: Config) -> Task:
    """The table of the operation and its seeded split, on the CPU and the same for every device.

    A smaller training set is the beginning of a larger one's order, and fewer corrupted pairs are among more of them.
    """
    labels = table(config.p, config.op)
    defined = (labels.flatten() != UNDEFINED).nonzero().squeeze(-1)
    order = torch.randperm(len(defined), generator=generator(config.seed, "split"))
    train, test = defined[order].tensor_split([train_count(config.p, config.op, config.train_fraction)])
    train = train.sort().values
    return Task(config.p, config.op, labels, corrupted(labels, train, config), train, test.sort().values)


def corrupted(labels: Tensor, train: Tensor, config: Config) -> Tensor:
    """The labels [p, p] with a share of those of the training pairs int64 [n] replaced by seeded wrong ones.

    Each pair has its wrong label and its turn from the seed alone, so that a set that shrinks and grows back, or is
    put right and corrupted again, is the same.
    """
    count = int(config.corrupt * len(train))
    if not count:
        return labels
    drawn = generator(config.seed, "corrupt")
    turn = torch.randperm(labels.numel(), generator=drawn)
    shift = torch.randint(1, config.p, (labels.numel(),), generator=drawn)
    chosen = train[turn[train].argsort()[:count]]
    given = labels.flatten().clone()
    given[chosen] = (given[chosen] + shift[chosen]) % config.p
    return given.view_as(labels)


def table(p: int, op: Operation) -> Tensor:
    """op(a, b) mod p as int64 [p, p] indexed [a, b]; divide is a·b⁻¹ with b = 0 UNDEFINED, for a prime p."""
    a, b = torch.arange(p)[:, None], torch.arange(p)[None, :]
    if op != "divide":
        of_pairs: Tensor = POLYNOMIALS[op](a, b) % p
        return of_pairs
    inverses = torch.tensor([0] + [pow(n, -1, p) for n in range(1, p)])
    return torch.where(b == 0, UNDEFINED, a * inverses[b] % p)
