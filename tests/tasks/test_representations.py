"""Representations of finite groups against published tables and the laws that they obey."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from grokterm.tasks.groups import cycle_type, finite_group
from grokterm.tasks.representations import (
    characters,
    conjugacy_classes,
    isotypic_rows,
    projector,
    representations,
    symmetric_character,
)

NAMES = ["s3", "s4", "a4", "a5", "d4", "d7", "q8", "z7", "z3xz4", "z2xs3"]

S5 = {  # the character table in Fulton and Harris, Representation Theory (1991), section 3.1
    (1, 1, 1, 1, 1): (1, 4, 6, 4, 5, 5),
    (2, 1, 1, 1): (-1, 2, 0, -2, 1, -1),
    (2, 2, 1): (1, 0, -2, 0, 1, 1),
    (3, 1, 1): (1, 1, 0, 1, -1, -1),
    (3, 2): (-1, -1, 0, 1, 1, -1),
    (4, 1): (-1, 0, 0, 0, -1, 1),
    (5,): (1, -1, 1, -1, 0, 0),
}


def partition_of(name: str) -> tuple[int, ...]:
    """The partition in a name such as [2,1³]."""
    parts: list[int] = []
    for part in name[1:-1].split(","):
        times = part[1:].translate(str.maketrans("²³⁴⁵", "2345"))
        parts += [int(part[0])] * int(times or 1)
    return tuple(parts)


S5_PARTITIONS = ((1, 1, 1, 1, 1), (4, 1), (3, 1, 1), (2, 1, 1, 1), (3, 2), (2, 2, 1))


@pytest.mark.parametrize("name", NAMES)
def test_the_projectors_are_orthogonal_and_add_up_to_one(name: str) -> None:
    group = finite_group(name)
    n = group.order
    trivial = np.full((n, n), 1 / n)
    parts = [trivial, *(projector(group, each) for each in representations(name))]
    assert np.allclose(sum(parts), np.eye(n), atol=1e-9)
    for i, one in enumerate(parts):
        for j, other in enumerate(parts):
            assert np.allclose(one @ other, one if i == j else 0, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_rows_span_the_components_and_sizes_add_up_to_the_order(name: str) -> None:
    group = finite_group(name)
    for each, rows in zip(representations(name), isotypic_rows(name), strict=True):
        assert rows.shape == (each.size, group.order)
        assert np.allclose(rows @ rows.T, np.eye(each.size), atol=1e-9)
        assert np.allclose(rows.T @ rows, projector(group, each), atol=1e-9)
    assert 1 + sum(each.size for each in representations(name)) == group.order


@pytest.mark.parametrize(
    ("name", "dimensions"),
    [
        ("s3", [1, 2]),
        ("s4", [1, 2, 3, 3]),
        ("s5", [1, 4, 4, 5, 5, 6]),
        ("a4", [1, 3]),
        ("a5", [3, 3, 4, 5]),
        ("q8", [1, 1, 1, 2]),
        ("d4", [1, 1, 1, 2]),
        ("d7", [1, 2, 2, 2]),
        ("z7", [1, 1, 1]),
    ],
)
def test_the_dimensions_are_those_that_are_known(name: str, dimensions: list[int]) -> None:
    assert [each.dimension for each in representations(name)] == dimensions


def test_the_characters_of_s5_are_those_of_its_table() -> None:
    group = finite_group("s5")
    types = group.cycle_types
    assert types is not None
    assert [each.name for each in representations("s5")] == [
        "[1⁵]",
        "[4,1]",
        "[2,1³]",
        "[3,2]",
        "[2²,1]",
        "[3,1²]",
    ]
    assert representations("s5")[1].label == "[4,1] 4"
    for each in representations("s5"):
        column = S5_PARTITIONS.index(partition_of(each.name))
        wanted = [S5[lengths][column] for lengths in types]
        assert np.allclose(each.character, wanted, atol=1e-9)


@pytest.mark.parametrize("column", range(6))
def test_the_rule_of_murnaghan_and_nakayama_gives_the_same_table(column: int) -> None:
    for lengths, values in S5.items():
        assert symmetric_character(S5_PARTITIONS[column], lengths) == values[column]


@pytest.mark.parametrize("name", ["s3", "s4", "s5"])
def test_every_character_of_a_symmetric_group_follows_that_rule(name: str) -> None:
    group = finite_group(name)
    assert group.cycle_types is not None
    for each in representations(name):
        partition = partition_of(each.name)
        wanted = [symmetric_character(partition, lengths) for lengths in group.cycle_types]
        assert np.allclose(each.character, wanted, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_characters_are_orthonormal(name: str) -> None:
    group = finite_group(name)
    sizes = np.bincount(conjugacy_classes(group))
    found = characters(group)
    assert np.allclose((found * sizes) @ found.conj().T / group.order, np.eye(len(sizes)), atol=1e-9)


def test_classes_are_those_of_equal_cycles() -> None:
    group = finite_group("s4")
    assert group.cycle_types is not None
    classes = conjugacy_classes(group).tolist()
    assert len(set(zip(classes, group.cycle_types, strict=True))) == len(set(classes)) == 5
    assert Counter(group.cycle_types)[cycle_type((1, 0, 2, 3))] == 6


def test_the_frequencies_of_a_cycle_are_its_representations() -> None:
    n = 7
    k, x = np.arange(1, 4)[:, None], np.arange(n)
    cosines = 2 * np.cos(2 * np.pi * k * x / n)
    found = np.array([each.character for each in representations("z7")])
    assert {tuple(row) for row in found.round(6)} == {tuple(row) for row in cosines.round(6)}
    assert [each.size for each in representations("z7")] == [2, 2, 2]
