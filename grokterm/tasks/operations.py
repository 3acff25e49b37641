"""Operations by what a person types, and their tables."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Final, Literal

from grokterm.errors import ConfigError
from grokterm.spelling import unknown
from grokterm.tasks.arithmetic import is_prime
from grokterm.tasks.formula import parse_formula
from grokterm.tasks.groups import finite_group, is_group_name
from grokterm.tasks.registered import REGISTERED
from grokterm.tasks.rules import (
    OPERATIONS,
    PRODUCTS,
    SHOWN_CHOICES,
    Choice,
    Chosen,
    Conditional,
    Formula,
    GroupProduct,
    Rule,
)

if TYPE_CHECKING:
    from grokterm.tasks.polynomial import Whole

_CHOICES: Final[dict[str, Choice]] = {
    "min": "min",
    "min(a,b)": "min",
    "max": "max",
    "max(a,b)": "max",
    "|a-b|": "|a-b|",
    "abs(a-b)": "|a-b|",
}
_CONDITION: Final = re.compile(r"(.+?)\s+if\s+([abxy])\s+(?:is\s+)?(odd|even)[\s,]+(?:else|otherwise)\s+(.+)")
_LETTERS: Final[dict[str, Literal["a", "b"]]] = {"a": "a", "b": "b", "x": "a", "y": "b"}
_PARITIES: Final[dict[str, Literal["odd", "even"]]] = {"odd": "odd", "even": "even"}


@cache
def rule_of(op: str) -> Rule:
    """The rule of an operation: a name, a formula, a choice between two, a group, or a plugin's; raises ConfigError."""
    text = op.strip()
    plain = text.lower()
    if plain in REGISTERED:
        return REGISTERED[plain]
    if found := _CONDITION.fullmatch(plain):
        then, letter, parity, other = found.groups()
        both = _simple(then), _simple(other)
        return Conditional(both[0], _LETTERS[letter], _PARITIES[parity], both[1])
    name, _, product = plain.partition("-")
    if is_group_name(name) and (product == "" or "-" + product in PRODUCTS):
        return GroupProduct(finite_group(name), "-" + product if product else "")
    return _simple(text)


def describe(op: str, p: int) -> str:
    """The task as people write it: a + b mod 97, ab in S₅."""
    rule = rule_of(op)
    return rule.shown if rule.order else f"{rule.shown} mod {p}"


def element_name(op: str) -> Callable[[int], str]:
    """What people call each input and answer: a residue by its number, a permutation by its cycles."""
    rule = rule_of(op)
    return rule.group.elements.__getitem__ if isinstance(rule, GroupProduct) else str


def element_number(op: str, name: str) -> int | None:
    """The input of a name, or of a number from 0; None where there is none."""
    rule = rule_of(op)
    known = rule.group.elements if isinstance(rule, GroupProduct) else ()
    plain = " ".join(name.split())
    if plain in known:
        return known.index(plain)
    return int(plain) if re.fullmatch(r"\d{1,9}", plain, re.ASCII) else None


def group_order(op: str, p: int) -> int | None:
    """How many angles an operation adds: p residues or p − 1 logarithms; None where it adds no angles."""
    found = rule_of(op).sum
    if found is None or found.basis == "residues":
        return None if found is None else p
    return p - 1 if is_prime(p) and math.prod(found.shift) % p else None


@lru_cache(maxsize=4)
def answer_table(op: str, p: int) -> Whole:
    """The answers of an operation, [p, p] indexed [a, b], or [p, p, p] where it has three inputs; not to be written to.

    UNDEFINED (−1) where it has none.
    """
    import numpy as np

    shape = (p,) * max(rule_of(op).inputs, 2)
    table = rule_of(op).evaluate(list(np.indices(shape, dtype=np.int64)), p)
    table.flags.writeable = False
    return table


@lru_cache(maxsize=64)
def most_frequent_share(op: str, p: int) -> float:
    """The share of inputs that have the most frequent answer, among those on which an operation is defined."""
    import numpy as np

    table = answer_table(op, p)
    counts = np.bincount(table[table >= 0], minlength=1)
    return float(counts.max() / counts.sum())


@cache
def defined_count(op: str, p: int) -> int:
    """On how many pairs (a, b), or triples, an operation is defined."""
    rule = rule_of(op)
    return int((answer_table(op, p) >= 0).sum()) if rule.divides else p ** max(rule.inputs, 2)


def forget_operations() -> None:
    """Has rules and tables be made anew: others are registered."""
    for cached in (rule_of, answer_table, defined_count):
        cached.cache_clear()


def _simple(text: str) -> Formula | Chosen:
    """A rule that is no choice between others; raises ConfigError."""
    plain = text.strip().lower()
    if choice := _CHOICES.get(plain.replace(" ", "")):
        return Chosen(choice)
    if plain in OPERATIONS:
        return Formula(parse_formula(OPERATIONS[plain]))
    if re.fullmatch("[a-z]{2,}", plain) and set(plain) - set("abcxyz"):  # a word, and no product of letters
        others = ["a group such as s5", "a formula such as a^2 + 3ab"]
        raise ConfigError(unknown("op", text, [*OPERATIONS, *SHOWN_CHOICES, *REGISTERED, *others]))
    formula = Formula(parse_formula(text))
    if not formula.inputs:
        raise ConfigError(f"--op {text!r} has the same answer for all a and b: choose a formula with a or b in it")
    return formula
