"""Mini-batches: every train pair once an epoch, in an order of its own."""

from __future__ import annotations

import pytest
import torch

from grokterm.lab.batches import Batches
from grokterm.lab.tasks import make_task, pairs_of
from tests.lab.examples import small


def epochs(size: int, count: int, seed: int = 0) -> list[list[int]]:
    """The train pair indices of `count` epochs in the order that they are trained on."""
    task = make_task(small(p=12, seed=seed))
    batches = Batches(task, seed)
    seen: list[list[int]] = []
    while batches.epoch < count:
        if batches.position == 0:
            seen.append([])
        pairs = pairs_of(batches.next(size))
        assert 1 <= len(pairs) <= size
        assert torch.equal(pairs.labels, task.labels[pairs.a, pairs.b])
        seen[-1] += (pairs.a * task.p + pairs.b).tolist()
    return seen


@pytest.mark.parametrize("size", [1, 7, 36, 71])
def test_an_epoch_visits_each_train_pair_once(size: int) -> None:
    train = make_task(small(p=12)).train.tolist()
    for epoch in epochs(size, 3):
        assert sorted(epoch) == train


def test_each_epoch_and_each_seed_has_an_order_of_its_own() -> None:
    first, second = epochs(8, 2)
    assert first != second
    assert epochs(8, 2) == [first, second]
    assert epochs(8, 1, seed=1)[0] != first


@pytest.mark.parametrize("size", ["full", 72, 1000])
def test_all_pairs_at_once_are_those_of_the_split_in_order(size: int | str) -> None:
    task = make_task(small(p=12))
    batches = Batches(task, 0)
    for _ in range(2):
        pairs = pairs_of(batches.next(size))
        assert torch.equal(pairs.a * 12 + pairs.b, task.train)
    assert (batches.epoch, batches.position) == (0, 0)


def test_a_change_of_size_goes_on_within_the_epoch() -> None:
    task = make_task(small(p=12))
    batches = Batches(task, 0)
    parts = [pairs_of(batches.next(size)) for size in (10, 20, 7, 35)]
    seen = torch.cat([part.a * 12 + part.b for part in parts])
    assert torch.equal(seen.sort().values, task.train)
    assert (batches.epoch, batches.position) == (1, 0)
