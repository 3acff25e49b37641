"""Tasks of other than two inputs: sums and formulas of k residues, and sparse parities."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.config.tasks import TASKS, test_count
from grokterm.lab.examples import Data
from grokterm.lab.hashing import key_of, random_bits
from grokterm.lab.row_sums import RowSums
from grokterm.lab.seeds import generator
from grokterm.lab.tasks import CACHED_PAIRS, corrupt_labels, make_task
from grokterm.plugins.items import PluginError
from grokterm.plugins.registry import function
from grokterm.tasks.operations import answer_table
from grokterm.tasks.polynomial import UNDEFINED

_BITS: Final = 1 << 22
"""Coordinates of points that are drawn at once."""


RAREST: Final = 0.4
"""Share of the points that each of two answers has at least, so that always the same one is at chance."""


@dataclass(frozen=True)
class Tuples:
    """Tuples of k tokens int64 [n, k], their labels and their numbers, each int64 [n]."""

    tokens: Tensor
    labels: Tensor
    numbers: Tensor
    reused: bool = False
    _row_sums: dict[int, RowSums] = field(default_factory=dict, init=False, repr=False, compare=False)
    _chunks: dict[int, list[Tuples]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def tensors(self) -> tuple[Tensor, ...]:
        """See `Examples`."""
        return self.tokens, self.labels, self.numbers

    def copy(self) -> Tuples:
        """See `Examples`."""
        return Tuples(self.tokens.clone(), self.labels.clone(), self.numbers.clone())

    def row_sums(self, values: int) -> RowSums:
        """Sums of k rows a tuple, that of each place, of a table with `values` rows for each of the k places."""
        if values not in self._row_sums:
            k = self.tokens.shape[1]
            places = torch.arange(k, device=self.tokens.device) * values
            self._row_sums[values] = RowSums((self.tokens + places).int(), k * values)
        return self._row_sums[values]

    def chunks(self, size: int) -> Iterator[Tuples]:
        """See `Examples`; those of reused tuples are kept with their row sums where they are not too many."""
        if len(self) <= size:
            yield self
        elif not self.reused or len(self) > CACHED_PAIRS:
            yield from self._split(size)
        else:
            if size not in self._chunks:
                self._chunks[size] = list(self._split(size))
            yield from self._chunks[size]

    def _split(self, size: int) -> Iterator[Tuples]:
        for start in range(0, len(self), size):
            rows = slice(start, start + size)
            yield Tuples(self.tokens[rows], self.labels[rows], self.numbers[rows], self.reused)


@dataclass(frozen=True)
class TupleTask:
    """Tuples of tokens with their labels, and the split into train and test."""

    points: Tensor
    """The tokens of every tuple, int16 [m, k]."""
    labels: Tensor
    """The right answers, int64 [m]; UNDEFINED (-1) where there is none."""
    noisy_labels: Tensor
    """The same, with wrong ones for a share `corrupt` of the training tuples: trained on and measured."""
    train: Tensor
    """int64 [n], sorted numbers of tuples."""
    test: Tensor
    """int64 [n], sorted numbers of tuples."""

    @property
    def train_mask(self) -> Tensor:
        """See `Data`."""
        mask = torch.zeros_like(self.labels, dtype=torch.bool)
        mask[self.train] = True
        return mask

    def examples(self, indices: Tensor, reused: bool = False) -> Tuples:
        """See `Data`."""
        return Tuples(self.points[indices].long(), self.noisy_labels[indices], indices, reused)

    def to(self, device: torch.device) -> TupleTask:
        """See `Data`."""
        tensors = (self.points, self.labels, self.noisy_labels, self.train, self.test)
        return TupleTask(*(tensor.to(device) for tensor in tensors))


def make_data(config: Config) -> Data:
    """The examples of a configuration's task and their seeded split, on the CPU and the same for every device."""
    if config.of_pairs:
        return make_task(config)
    return _points(config) if config.of_points else _residues(config)


def secret_coordinates(config: Config) -> Tensor:
    """The coordinates from which alone the answer follows, int64 [k], sorted and from 0: a draw by the seed.

    Empty where a task has no secret.
    """
    if not TASKS[config.task].has_secret:
        return torch.zeros(0, dtype=torch.int64)
    order = torch.randperm(config.n, generator=generator(config.seed, "secret"))
    return order[: config.k].sort().values


def signs_of(tokens: Tensor) -> Tensor:
    """Coordinates of a parity: 1 for token 0 and −1 for token 1, int64."""
    return 1 - 2 * tokens


def _residues(config: Config) -> TupleTask:
    """All tuples of residues, numbered as digits; a smaller training set is the beginning of a larger one's order."""
    k, p = config.shape.inputs, config.p
    number = torch.arange(p**k)
    points = torch.stack([number // p ** (k - 1 - place) % p for place in range(k)], -1)
    labels = torch.tensor(answer_table(config.op, p)).flatten() if config.task == "table" else points.sum(-1) % p
    defined = (labels != UNDEFINED).nonzero().squeeze(-1)
    order = torch.randperm(len(defined), generator=generator(config.seed, "split"))
    train, test = defined[order].tensor_split([int(config.train_fraction * len(defined))])
    train = train.sort().values
    return TupleTask(points.short(), labels, corrupt_labels(labels, train, config), train, test.sort().values)


def _points(config: Config) -> TupleTask:
    """Points of {−1, 1}ⁿ, none twice: the test points first, and then those of training.

    Token 1 stands for −1, so that the label of a parity is the sum of the secret tokens mod 2, 1 where the product is
    −1. More training points leave the test points, and the training points that are there, as they are.
    """
    tested = test_count(config.n)
    points = _distinct_points(config, tested + config.train_size)
    labels = _labels(points, config)
    test, train = torch.arange(len(points)).tensor_split([tested])
    return TupleTask(points, labels, _corrupt_answers(labels, train, config), train, test)


def _labels(points: Tensor, config: Config) -> Tensor:
    """The right answers to points int16 [m, n], 0 or 1, int64 [m]; raises PluginError for other ones of a plugin."""
    own = function("task", config.task)
    if own is None:
        return points[:, secret_coordinates(config)].long().sum(-1) % 2
    found = own(points.long(), config)
    if not isinstance(found, Tensor) or found.shape != points.shape[:1] or not ((found == 0) | (found == 1)).all():
        raise PluginError(f"the task {config.task} must give a 0 or a 1 for each of the {len(points):,} points")
    ones = float(found.double().mean())
    if not RAREST <= ones <= 1 - RAREST:
        raise PluginError(
            f"the task {config.task} answers 1 to {ones:.0%} of its points: phases are counted from a half that is "
            f"right by chance, so each answer needs {RAREST:.0%} at least"
        )
    return found.long()


def _distinct_points(config: Config, count: int) -> Tensor:
    """The first `count` different ones of a seeded sequence of points, int16 [count, n] of 0 and 1."""
    key, none = torch.tensor(key_of(config.seed, "points"), dtype=torch.int32), torch.tensor(0)
    known: dict[bytes, None] = {}
    drawn, most = 0, max(1, _BITS // config.n)
    while len(known) < count:
        rows = torch.arange(drawn, drawn + min(count, most))
        bits = (random_bits(key, none, 0, rows, config.n) < 0).to(torch.uint8).numpy()
        known |= dict.fromkeys(point.tobytes() for point in bits)  # keeps the order of what is there
        drawn += len(rows)
    first = b"".join(list(known)[:count])
    return torch.frombuffer(bytearray(first), dtype=torch.uint8).view(count, config.n).short()


def _corrupt_answers(labels: Tensor, train: Tensor, config: Config) -> Tensor:
    """The labels [m] of a parity with a share of those of the training points turned to the other one.

    Which follows from a hash of the point's number, so that more training points leave the order of those there are.
    """
    count = int(config.corrupt * len(train))
    key, none = torch.tensor(key_of(config.seed, "corrupt"), dtype=torch.int32), torch.tensor(0)
    turn = random_bits(key, none, 0, train, 1).squeeze(-1)
    chosen = train[turn.argsort(stable=True)[:count]]
    noisy = labels.clone()
    noisy[chosen] = 1 - noisy[chosen]
    return noisy
