"""Finite groups against what is known of them."""

from __future__ import annotations

from collections import Counter
from itertools import permutations, product

import pytest

from grokterm.errors import ConfigError
from grokterm.tasks.groups import cycle_type, cycles, finite_group


@pytest.mark.parametrize(
    ("name", "order"),
    [("s3", 6), ("s4", 24), ("a4", 12), ("d4", 8), ("d7", 14), ("q8", 8), ("z7", 7), ("z3xz4", 12), ("z2xs3", 12)],
)
def test_the_tables_are_groups(name: str, order: int) -> None:
    group = finite_group(name)
    table = group.table
    assert group.order == order == len(set(group.elements))
    assert all(table[0][g] == table[g][0] == g for g in range(order))
    assert all(table[g][group.inverse[g]] == 0 for g in range(order))
    assert all(table[table[f][g]][h] == table[f][table[g][h]] for f, g, h in product(range(order), repeat=3))


@pytest.mark.parametrize(
    ("name", "orders"),
    [
        ("s4", {1: 1, 2: 9, 3: 8, 4: 6}),
        ("s5", {1: 1, 2: 25, 3: 20, 4: 30, 5: 24, 6: 20}),
        ("a5", {1: 1, 2: 15, 3: 20, 5: 24}),
        ("d5", {1: 1, 2: 5, 5: 4}),
        ("q8", {1: 1, 2: 1, 4: 6}),
        ("z2xz4", {1: 1, 2: 3, 4: 4}),
    ],
)
def test_the_elements_have_the_orders_of_the_group(name: str, orders: dict[int, int]) -> None:
    table = finite_group(name).table

    def order(g: int) -> int:
        power, count = g, 1
        while power:
            power, count = table[power][g], count + 1
        return count

    assert Counter(order(g) for g in range(len(table))) == orders


def test_a_product_of_permutations_is_the_right_one_first() -> None:
    group = finite_group("s3")
    place = group.elements.index
    assert group.elements[group.table[place("(1 2)")][place("(2 3)")]] == "(1 2 3)"
    dihedral = finite_group("d59")
    place = dihedral.elements.index
    assert dihedral.elements[dihedral.table[place("s")][place("r")]] == "r⁵⁸s"
    quaternions = finite_group("q8")
    place = quaternions.elements.index
    assert [quaternions.elements[quaternions.table[place(g)][place(h)]] for g, h in ("ij", "jk", "ki", "ji")] == [
        "k",
        "i",
        "j",
        "−k",
    ]


def test_permutations_are_written_as_cycles() -> None:
    assert cycles((1, 2, 0, 4, 3)) == "(1 2 3)(4 5)"
    assert cycles((0, 1, 2)) == "e"
    assert cycle_type((1, 2, 0, 4, 3, 5)) == (3, 2, 1)
    types = Counter(map(cycle_type, permutations(range(4))))
    assert types == {(1, 1, 1, 1): 1, (2, 1, 1): 6, (2, 2): 3, (3, 1): 8, (4,): 6}


@pytest.mark.parametrize(
    ("name", "shown"), [("s5", "S₅"), ("z7xz13", "Z₇ × Z₁₃"), ("d59", "D₅₉"), ("q8", "Q₈"), ("a4", "A₄")]
)
def test_groups_are_named_as_people_write_them(name: str, shown: str) -> None:
    assert finite_group(name).shown == shown


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("s9", "names no group"),
        ("a3", "names no group"),
        ("q16", "names no group"),
        ("d2", "names no group"),
        ("z2", "has 2 elements"),
        ("s5xs3", "has 720 elements: choose a group of 3 to 360"),
    ],
)
def test_what_is_no_group_here_is_refused(name: str, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        finite_group(name)
