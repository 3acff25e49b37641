"""The table of each operation and the split."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from grokterm.config import Config
from grokterm.config.architectures import Architecture
from grokterm.config.consistency import train_count
from grokterm.lab import engine, tasks
from grokterm.lab.tasks import TILE, make_task, operation_table
from grokterm.tasks.operations import defined_count
from grokterm.tasks.polynomial import UNDEFINED
from grokterm.tasks.rules import OPERATIONS


def by_hand(op: str, a: int, b: int, p: int) -> int:
    """op(a, b) mod p in Python's whole numbers."""
    match op:
        case "add":
            return (a + b) % p
        case "subtract":
            return (a - b) % p
        case "multiply":
            return (a * b) % p
        case "divide":
            return next((c for c in range(p) if c * b % p == a), UNDEFINED) if b else UNDEFINED
        case "x2+y2":
            return (a * a + b * b) % p
        case "x2+xy+y2":
            return (a * a + a * b + b * b) % p
        case "x2+xy+y2+x":
            return (a * a + a * b + b * b + a) % p
        case "x3+xy":
            return (a * a * a + a * b) % p
        case "x3+xy2+y":
            return (a * a * a + a * b * b + b) % p
    raise AssertionError(op)


@pytest.mark.parametrize("op", list(OPERATIONS))
@pytest.mark.parametrize("p", [5, 12, 31])
def test_every_entry_of_the_table_is_the_operation(op: str, p: int) -> None:
    if op == "divide" and p == 12:
        p = 13
    expected = [[by_hand(op, a, b, p) for b in range(p)] for a in range(p)]
    assert operation_table(p, op).tolist() == expected


def test_cubes_of_the_largest_residues_do_not_overflow() -> None:
    p = 1999
    assert operation_table(p, "x3+xy2+y")[1998, 1997].item() == by_hand("x3+xy2+y", 1998, 1997, p)


@given(
    p=st.sampled_from([3, 5, 12, 31, 97]),
    op=st.sampled_from(list(OPERATIONS)),
    train_fraction=st.floats(0.05, 0.95),
    seed=st.integers(0, 2**63 - 1),
)
def test_the_split_holds_every_defined_pair_once(p: int, op: str, train_fraction: float, seed: int) -> None:
    if op == "divide" and p == 12:
        p = 13
    if not 1 <= int(train_fraction * defined_count(op, p)) < defined_count(op, p):
        return
    config = Config(p=p, op=op, train_fraction=train_fraction, seed=seed)
    task = make_task(config)
    assert len(task.train) == train_count(p, op, train_fraction)
    assert len(task.train) + len(task.test) == defined_count(op, p)
    together = torch.cat([task.train, task.test])
    assert torch.equal(together.sort().values, (task.labels.flatten() != UNDEFINED).nonzero().squeeze(-1))
    for side in (task.train, task.test):
        assert torch.equal(side, side.sort().values)
        pairs = task.pairs(side)
        assert torch.equal(pairs.a * p + pairs.b, side)
        assert torch.equal(pairs.labels, task.labels[pairs.a, pairs.b])
        assert (pairs.labels >= 0).all()


@pytest.mark.parametrize("op", ["add", "divide"])
def test_a_smaller_training_set_lies_in_a_larger_one_and_grows_back_the_same(op: str) -> None:
    sets = [make_task(Config(p=31, op=op, train_fraction=share)).train for share in (0.8, 0.3, 0.05, 0.3, 0.8)]
    for smaller, larger in ((1, 0), (2, 1)):
        assert torch.isin(sets[smaller], sets[larger]).all()
    assert torch.equal(sets[3], sets[1])
    assert torch.equal(sets[4], sets[0])


@pytest.mark.parametrize("op", list(OPERATIONS))
def test_corrupted_labels_are_seeded_wrong_and_of_training_pairs_alone(op: str) -> None:
    config = Config(p=31, op=op, corrupt=0.3, train_fraction=0.4)
    task, right = make_task(config), operation_table(31, op)
    wrong = (task.noisy_labels != right).flatten().nonzero().squeeze(-1)
    assert len(wrong) == int(0.3 * len(task.train))
    assert torch.isin(wrong, task.train).all()
    assert ((task.noisy_labels >= 0) == (right >= 0)).all()
    assert (task.noisy_labels < 31).all()
    assert torch.equal(task.labels, right)
    assert torch.equal(task.pairs(task.train).labels, task.noisy_labels.flatten()[task.train])
    assert torch.equal(make_task(config).noisy_labels, task.noisy_labels)
    assert not torch.equal(make_task(config.changed({"seed": 1})).noisy_labels, task.noisy_labels)


def test_more_corruption_keeps_the_wrong_labels_there_are() -> None:
    some, more, all_of_them = (make_task(Config(p=31, corrupt=share)) for share in (0.1, 0.4, 1))
    wrong = some.noisy_labels != some.labels
    assert torch.equal(more.noisy_labels[wrong], some.noisy_labels[wrong])
    assert (all_of_them.noisy_labels != all_of_them.labels).flatten().nonzero().squeeze(-1).equal(all_of_them.train)
    assert torch.equal(some.train_mask.flatten().nonzero().squeeze(-1), some.train)


def test_division_leaves_out_zero_divisors() -> None:
    task = make_task(Config(p=31, op="divide"))
    assert (torch.cat([task.train, task.test]) % 31 != 0).all()


def test_seeds_split_differently_and_one_seed_always_the_same() -> None:
    first, again, other = (make_task(Config(p=31, seed=seed)).train for seed in (0, 0, 1))
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


def test_the_split_does_not_depend_on_the_model() -> None:
    assert torch.equal(make_task(Config(p=31)).train, make_task(Config(p=31, arch="transformer", width=8)).train)


def test_parts_are_the_pairs_in_order_and_keep_their_bags(monkeypatch: pytest.MonkeyPatch) -> None:
    pairs = make_task(Config(p=31)).pairs(torch.arange(31 * 31))
    parts = list(pairs.chunks(100))
    assert [len(part) for part in parts] == [100] * 9 + [61]
    assert torch.equal(torch.cat([part.a * 31 + part.b for part in parts]), torch.arange(31 * 31))
    bags = [part.head_row_sums(4) for part in parts]
    assert all(part.head_row_sums(4) is bag for part, bag in zip(pairs.chunks(100), bags, strict=True))
    assert [len(part) for part in pairs.chunks(900)] == [900, 61]
    assert next(pairs.chunks(961)) is pairs
    monkeypatch.setattr(tasks, "CACHED_PAIRS", 960)
    assert next(pairs.chunks(100)) is not parts[0]


@pytest.mark.parametrize("arch", ["one-hot", "transformer"])
def test_parts_that_are_kept_train_to_the_same_bits(arch: Architecture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(engine.CHUNK_FLOATS, "cpu", 3_000)
    config = Config(p=31, arch=arch, width=16, d_model=8, heads=2, precision="float32", device="cpu")
    kept, cut = engine.Engine(config), engine.Engine(config)
    kept.advance(10)
    found = kept.measure()
    monkeypatch.setattr(tasks, "CACHED_PAIRS", 0)
    cut.advance(10)
    assert cut.measure() == found
    assert all(torch.equal(cut.parameters[name], kept.parameters[name]) for name in kept.parameters)


def test_pairs_in_tiles_are_the_same_pairs_with_both_numbers_near_each_other() -> None:
    task = make_task(Config(p=37, train_fraction=0.5))
    pairs = task.pairs(task.train)
    in_tiles = pairs.packed_in_tiles
    assert sorted(in_tiles.T.tolist()) == sorted(pairs.packed.T.tolist())
    places = [(a // TILE, b // TILE, a, b) for a, b, _ in in_tiles.T.tolist()]
    assert places == sorted(places)
