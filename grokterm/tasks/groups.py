"""Finite groups by name: their elements as people write them, and their tables."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import permutations, product
from math import factorial, prod
from typing import Final, TypeVar

from grokterm.errors import ConfigError

ORDER: Final = 360
"""Most elements of a group."""
_FACTOR: Final = re.compile(r"([sadqz])(\d{1,3})")
_SUBSCRIPT: Final = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_RAISED: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
GROUPS: Final = "s3 to s5, a4 to a6, d3 and on, q8, z2 and on, and products such as z7xz13"
"""The groups that can be named."""

Permutation = tuple[int, ...]
Element = TypeVar("Element", bound=Hashable)


@dataclass(frozen=True, eq=False)
class FiniteGroup:
    """A group with the neutral element first."""

    name: str
    """As it is typed: s5, z7xz13."""
    elements: tuple[str, ...]
    """What people call the elements: (1 2 3) for a permutation."""
    table: tuple[tuple[int, ...], ...]
    """The number of g·h by those of g and h; a permutation g·h is h first, then g."""

    cycle_types: tuple[tuple[int, ...], ...] | None = None
    """Lengths of the cycles of each element where these are all permutations of some numbers; else None."""

    @property
    def order(self) -> int:
        """How many elements it has."""
        return len(self.elements)

    @property
    def shown(self) -> str:
        """Its name as it is printed: S₅, Z₇ × Z₁₃."""
        return " × ".join(factor.upper().translate(_SUBSCRIPT) for factor in self.name.split("x"))

    @cached_property
    def inverse(self) -> tuple[int, ...]:
        """The number of the inverse of each element."""
        return tuple(row.index(0) for row in self.table)


def is_group_name(text: str) -> bool:
    """Whether a word is written as groups are, such as s5, whether or not there is that group."""
    return all(_FACTOR.fullmatch(part) for part in text.split("x"))


@cache
def finite_group(name: str) -> FiniteGroup:
    """The group of a name: symmetric s3, alternating a4, dihedral d59, q8, cyclic z7, and products; raises ConfigError.

    Every element of a dihedral group d_n is rᵏ or rᵏs, with rⁿ = s² = 1 and sr = r⁻¹s.
    """
    factors = [_FACTOR.fullmatch(part) for part in name.split("x")]
    orders = [_order(found[1], int(found[2])) if found else 0 for found in factors]
    if not all(orders):
        raise ConfigError(f"--op {name!r} names no group: choose {GROUPS}")
    if not 3 <= prod(orders) <= ORDER:
        raise ConfigError(f"--op {name} has {prod(orders):,} elements: choose a group of 3 to {ORDER}")
    built = [_factor(found[1], int(found[2])) for found in factors if found]
    if len(built) == 1:
        every = re.fullmatch(r"s(\d)", name)
        types = tuple(map(cycle_type, permutations(range(int(every[1]))))) if every else None
        return FiniteGroup(name, *built[0], types)
    places = list(product(*(range(order) for order in orders)))
    number = {place: i for i, place in enumerate(places)}
    names = tuple("(" + ", ".join(part[0][i] for part, i in zip(built, place, strict=True)) + ")" for place in places)
    table = tuple(
        tuple(number[tuple(part[1][i][j] for part, i, j in zip(built, one, other, strict=True))] for other in places)
        for one in places
    )
    return FiniteGroup(name, names, table)


def _order(kind: str, n: int) -> int:
    """How many elements a factor has; 0 where there is none of that name."""
    least, most = {"s": (3, 5), "a": (4, 6), "d": (3, ORDER // 2), "q": (8, 8), "z": (2, ORDER)}[kind]
    if not least <= n <= most:
        return 0
    if kind in "sa":
        return factorial(n) // (2 if kind == "a" else 1)
    return 2 * n if kind == "d" else n


def _factor(kind: str, n: int) -> tuple[tuple[str, ...], tuple[tuple[int, ...], ...]]:
    """Names of the elements and the table of one factor."""
    if kind in "sa":
        chosen = [each for each in permutations(range(n)) if kind == "s" or _is_even(each)]
        return tuple(map(cycles, chosen)), _table(chosen, lambda g, h: tuple(g[i] for i in h))
    if kind == "d":
        turns = [(i, j) for j in range(2) for i in range(n)]
        names = tuple((_turn(i) + "s" * j) or "e" for i, j in turns)
        return names, _table(turns, lambda g, h: ((g[0] + (-h[0] if g[1] else h[0])) % n, g[1] ^ h[1]))
    if kind == "q":
        units = [(sign, unit) for unit in "1ijk" for sign in (1, -1)]
        return tuple("−" * (sign < 0) + unit for sign, unit in units), _table(units, _quaternion)
    return tuple(map(str, range(n))), _table(list(range(n)), lambda g, h: (g + h) % n)


def _table(elements: list[Element], times: Callable[[Element, Element], Element]) -> tuple[tuple[int, ...], ...]:
    number = {element: i for i, element in enumerate(elements)}
    return tuple(tuple(number[times(g, h)] for h in elements) for g in elements)


def cycles(permutation: Permutation) -> str:
    """A permutation of 0, 1, … in cycle notation over 1, 2, …: (1 2 3)(4 5), e where nothing moves."""
    return "".join(f"({' '.join(str(i + 1) for i in cycle)})" for cycle in _cycles(permutation)) or "e"


def cycle_type(permutation: Permutation) -> tuple[int, ...]:
    """Lengths of all cycles, the longest first, with those of length 1."""
    lengths = [len(cycle) for cycle in _cycles(permutation)]
    return (*sorted(lengths, reverse=True), *[1] * (len(permutation) - sum(lengths)))


def _cycles(permutation: Permutation) -> Iterable[list[int]]:
    """The cycles longer than 1, each from its smallest number on."""
    left = set(range(len(permutation)))
    while left:
        at = min(left)
        cycle = []
        while at in left:
            left.remove(at)
            cycle.append(at)
            at = permutation[at]
        if len(cycle) > 1:
            yield cycle


def _is_even(permutation: Permutation) -> bool:
    return sum(length - 1 for length in cycle_type(permutation)) % 2 == 0


def _turn(i: int) -> str:
    return "" if i == 0 else "r" + (str(i).translate(_RAISED) if i > 1 else "")


def _quaternion(g: tuple[int, str], h: tuple[int, str]) -> tuple[int, str]:
    sign, (one, other) = g[0] * h[0], (g[1], h[1])
    if "1" in (one, other):
        return sign, other if one == "1" else one
    if one == other:
        return -sign, "1"
    (third,) = set("ijk") - {one, other}
    return sign if one + other in "ijki" else -sign, third
