"""Rules of operations: their names, tables, limits, and the sums of angles among them."""

from __future__ import annotations

import numpy as np
import pytest

from grokterm.config import Config
from grokterm.errors import ConfigError
from grokterm.tasks.groups import finite_group
from grokterm.tasks.operations import (
    answer_table,
    defined_count,
    describe,
    element_name,
    element_number,
    group_order,
    rule_of,
)
from grokterm.tasks.polynomial import UNDEFINED
from grokterm.tasks.rules import OPERATIONS, Sum


@pytest.mark.parametrize(
    ("typed", "name", "described"),
    [
        ("add", "add", "a + b mod 7"),
        ("b+a", "add", "a + b mod 7"),
        ("a*b", "multiply", "a · b mod 7"),
        ("x^2+xy+y^2+x", "x2+xy+y2+x", "a² + ab + b² + a mod 7"),
        ("a^2+3ab", "a^2 + 3ab", "a² + 3ab mod 7"),
        ("a/b if b odd else a-b", "a / b if b odd else a - b", "a / b if b odd else a − b mod 7"),
        ("divide if y is odd, otherwise subtract", "a / b if b odd else a - b", "a / b if b odd else a − b mod 7"),
        ("MIN", "min", "min(a, b) mod 7"),
        ("max(a, b)", "max", "max(a, b) mod 7"),
        ("|a - b|", "|a-b|", "|a − b| mod 7"),
        ("z7", "z7", "ab in Z₇"),
        ("D4-conjugate", "d4-conjugate", "aba⁻¹ in D₄"),
        ("s3-aba", "s3-aba", "aba in S₃"),
    ],
)
def test_an_operation_has_one_name_that_names_it_again(typed: str, name: str, described: str) -> None:
    rule = rule_of(typed)
    assert (rule.name, describe(typed, 7)) == (name, described)
    assert rule_of(name) == rule
    assert Config(op=typed, p=7).op == name


def test_every_operation_with_a_name_is_its_formula() -> None:
    for name, formula in OPERATIONS.items():
        assert rule_of(formula).name == rule_of(name).name == name
    assert len({describe(op, 13) for op in OPERATIONS}) == len(OPERATIONS)


def test_tables_are_what_python_computes() -> None:
    p = 11
    a, b = np.indices((p, p))
    assert (answer_table("a^2 + 3ab + 5b - 1", p) == (a * a + 3 * a * b + 5 * b - 1) % p).all()
    assert (answer_table("min", p) == np.minimum(a, b)).all()
    assert (answer_table("max", p) == np.maximum(a, b)).all()
    assert (answer_table("|a-b|", p) == abs(a - b)).all()
    assert (answer_table("a/2", 9)[:, 0] == [n * 5 % 9 for n in range(9)]).all()


def test_a_quotient_is_not_defined_where_its_denominator_is_0() -> None:
    p = 7
    table = answer_table("(a + 1) / (a - b)", p)
    assert (table.diagonal() == UNDEFINED).all()
    for a in range(p):
        for b in range(p):
            assert a == b or table[a, b] * (a - b) % p == (a + 1) % p
    assert defined_count("(a+1)/(a-b)", p) == p * p - p
    assert defined_count("1/(ab)", p) == (p - 1) ** 2
    assert defined_count("add", p) == p * p


def test_the_rule_of_power_et_al_divides_by_odd_numbers_and_subtracts_even_ones() -> None:
    p = 7
    table = answer_table("a/b if b odd else a-b", p)
    for a in range(p):
        for b in range(p):
            wanted = a * pow(b, -1, p) % p if b % 2 else (a - b) % p
            assert table[a, b] == wanted


def test_tables_of_groups_are_products_and_conjugates() -> None:
    group = finite_group("s3")
    for a in range(6):
        for b in range(6):
            ab = group.table[a][b]
            assert answer_table("s3", 6)[a, b] == ab
            assert answer_table("s3-conjugate", 6)[a, b] == group.table[ab][group.inverse[a]]
            assert answer_table("s3-aba", 6)[a, b] == group.table[ab][a]


def test_a_group_brings_its_own_p() -> None:
    assert Config(op="s5").p == 120
    assert Config(p=31).changed({"op": "s5"}).p == 120
    assert Config().changed(Config(op="s5").as_dict()).p == 120
    for given in ({"op": "s5", "p": 31}, {"p": 31}):
        with pytest.raises(ConfigError, match="has 120 elements"):
            Config(op="s5").changed(given)


@pytest.mark.parametrize(
    ("op", "found", "order"),
    [
        ("add", Sum("residues", 1, 1), 31),
        ("subtract", Sum("residues", 1, -1), 31),
        ("3 - a - b", Sum("residues", -1, -1, (3, 1)), 31),
        ("2a + b", None, None),
        ("a + b + ab", None, None),
        ("a + 1", None, None),
        ("multiply", Sum("discrete logarithms", 1, 1, (1, 1)), 30),
        ("divide", Sum("discrete logarithms", 1, -1, (1, 1)), 30),
        ("5b/a", Sum("discrete logarithms", -1, 1, (5, 1)), 30),
        ("1/(3ab)", Sum("discrete logarithms", -1, -1, (1, 3)), 30),
        ("31ab", Sum("discrete logarithms", 1, 1, (31, 1)), None),
        ("a^2b", None, None),
        ("x2+y2", None, None),
        ("min", None, None),
        ("a/b if b odd else a-b", None, None),
    ],
)
def test_sums_of_angles_are_known(op: str, found: Sum | None, order: int | None) -> None:
    assert rule_of(op).sum == found
    assert group_order(op, 31) == order


@pytest.mark.parametrize(
    ("op", "p", "problem"),
    [
        ("divide", 12, "divide needs a prime p, and 12 is not: 11 and 13 are near"),
        ("1/(a+b)", 12, "needs a prime p"),
        ("a/2", 12, "has no factor in common with 2, and 12 has"),
        ("addd", 7, "did you mean add"),
        ("7", 7, "has the same answer for all a and b"),
        ("a-a", 7, "has the same answer for all a and b"),
        ("a if b odd", 7, "is no formula"),
        ("a if b odd else", 7, "is no formula"),
        ("s9", 7, "names no group"),
    ],
)
def test_what_has_no_table_is_refused(op: str, p: int, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem):
        Config(op=op, p=p)


def test_elements_are_named_and_found_by_their_names() -> None:
    assert element_name("s3")(3) == "(1 2 3)"
    assert element_name("add")(3) == "3"
    assert [element_number("s3", name) for name in ("(1 2 3)", " (1  2   3) ", "4", "e", "(1 2 4)", "x")] == [
        3,
        3,
        4,
        0,
        None,
        None,
    ]
    assert [element_number("add", name) for name in ("12", "e", "", "1.5")] == [12, None, None, None]
