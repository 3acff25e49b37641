"""Irreducible representations of a finite group, from its table alone (Burnside's and Dixon's way, in floats)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby, pairwise
from string import ascii_lowercase
from typing import TYPE_CHECKING, Final

import numpy as np

from grokterm.tasks.groups import FiniteGroup, finite_group
from grokterm.tasks.operations import rule_of
from grokterm.tasks.rules import GroupProduct

if TYPE_CHECKING:
    import numpy.typing as npt

    Real = npt.NDArray[np.float64]

_RAISED: Final = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_ROUNDING: Final = 1e-6


@dataclass(frozen=True, eq=False)
class Representation:
    """An irreducible representation over the reals: one of its complex ones, or two conjugate ones counted once."""

    name: str
    """The partition for a group of all permutations, [2,1³]; else the dimension and a letter, 4a."""
    dimension: int
    """Of the complex representation."""
    character: Real
    """tr ρ(g) by element, [n]; the sum of both of two conjugate ones."""
    size: int
    """Dimension of its isotypic component in the functions on the group: d², or twice that for two."""

    @property
    def label(self) -> str:
        """Name and dimension."""
        return self.name if self.name[0].isdigit() else f"{self.name} {self.dimension}"


@cache
def representations(name: str) -> tuple[Representation, ...]:
    """All representations of a group but the trivial one, the smallest dimension first."""
    group = finite_group(name)
    classes = conjugacy_classes(group)
    found: list[tuple[int, int, Real]] = []
    for by_class in characters(group):
        dimension, real = round(by_class[0].real), by_class.real[classes]
        if np.abs(by_class.imag).max() < _ROUNDING:
            found.append((dimension, dimension**2, real))
        elif not any(np.abs(2 * real - other).max() < _ROUNDING for _, _, other in found):
            found.append((dimension, 2 * dimension**2, 2 * real))
    found.sort(key=lambda each: (*each[:2], *np.round(-each[2], 6)))
    named: list[Representation] = []
    for dimension, size, character in found[1:]:  # the trivial one is the first: its character is the largest
        number = sum(each.dimension == dimension for each in named) + (dimension == 1)
        letter = ascii_lowercase[number % 26] + str(number // 26 or "")
        called = _partition_name(group, character) or f"{dimension}{letter}"
        named.append(Representation(called, dimension, character, size))
    return tuple(named)


def projector(group: FiniteGroup, representation: Representation) -> Real:
    """P_ρ on functions on the group, [n, n]: (d/n) Σ_h χ(h⁻¹) f(h⁻¹g), two conjugate representations together."""
    table, inverse = np.array(group.table), np.array(group.inverse)
    found: Real = representation.character[table[:, inverse].T] * representation.dimension / group.order
    return found


@cache
def isotypic_rows(name: str) -> tuple[Real, ...]:
    """Orthonormal rows [size, n] that span the isotypic component of each of the `representations`."""
    group, found = finite_group(name), representations(name)
    # Each component is an eigenspace of k P_1 + …, the trivial one that of 0: one decomposition gives all of them.
    mixed = sum((k * projector(group, each) for k, each in enumerate(found, 1)), np.zeros((group.order,) * 2))
    rows = np.ascontiguousarray(np.linalg.eigh(mixed)[1].T)
    ends = np.cumsum([1, *(each.size for each in found)])
    return tuple(rows[start:stop] for start, stop in pairwise(ends))


def conjugacy_classes(group: FiniteGroup) -> npt.NDArray[np.int64]:
    """The class of each element, [n], by numbers in the order in which classes are first met."""
    table, inverse = np.array(group.table), np.array(group.inverse)
    each = np.arange(group.order)
    smallest = table[table[each[:, None], each[None, :]], inverse[:, None]].min(0)
    numbers: npt.NDArray[np.int64] = np.unique(smallest, return_inverse=True)[1]
    return numbers


def characters(group: FiniteGroup) -> npt.NDArray[np.complex128]:
    """The irreducible characters by class, [classes, classes], in no particular order.

    The class sums multiply as Σ_t a_rst C_t; what all the matrices a_r have as common eigenvectors are the central
    characters ω(C) = |C| χ(C)/χ(1). A mixture of the matrices with seeded weights has them alone.
    """
    classes, table = conjugacy_classes(group), np.array(group.table)
    count = int(classes.max()) + 1
    sizes = np.bincount(classes)
    first = np.array([int(np.argmax(classes == t)) for t in range(count)])
    inverse = np.array(group.inverse)
    mixed = np.zeros((count, count))
    weights = np.random.default_rng(0).standard_normal(count)
    for g in range(group.order):  # g·h = first[t] for exactly one h, whose class is s
        partner = classes[table[inverse[g], first]]
        mixed[partner, np.arange(count)] += weights[classes[g]]
    vectors = np.linalg.eig(mixed)[1]
    central = (vectors / vectors[0]).T
    dimensions = np.round(np.sqrt(group.order / (np.abs(central) ** 2 / sizes).sum(1)))
    found: npt.NDArray[np.complex128] = dimensions[:, None] * central / sizes
    return found


def symmetric_character(partition: tuple[int, ...], lengths: tuple[int, ...]) -> int:
    """χ of a partition, falling, at permutations with cycles of these lengths (Murnaghan–Nakayama rule).

    A hook of the length of a cycle is taken off in every way, with the sign of its height: on the beads λ_i − i of the
    partition, one moves down by the length to a free place, past as many others as the height.
    """
    if not lengths:
        return 1
    beads = [part + len(partition) - 1 - row for row, part in enumerate(partition)]
    total = 0
    for bead in beads:
        target = bead - lengths[0]
        if target >= 0 and target not in beads:
            height = sum(target < other < bead for other in beads)
            moved = sorted((target if other == bead else other for other in beads), reverse=True)
            left = tuple(place - (len(moved) - 1 - row) for row, place in enumerate(moved))
            total += (-1) ** height * symmetric_character(left, lengths[1:])
    return total


def _partition_name(group: FiniteGroup, character: Real) -> str | None:
    """The partition of a representation of a symmetric group; None for other groups."""
    if group.cycle_types is None:
        return None
    n = sum(group.cycle_types[0])
    for partition in _partitions(n, n):
        of_types = {lengths: symmetric_character(partition, lengths) for lengths in set(group.cycle_types)}
        if np.abs(character - [of_types[lengths] for lengths in group.cycle_types]).max() < _ROUNDING:
            parts = [(part, len(list(same))) for part, same in groupby(partition)]
            return (
                f"[{','.join(f'{part}{str(many).translate(_RAISED) if many > 1 else str()}' for part, many in parts)}]"
            )
    return None


def _raised(part: int, times: int) -> str:
    return f"{part}{str(times).translate(_RAISED)}" if times > 1 else f"{part}"


def _partitions(n: int, most: int) -> Iterator[tuple[int, ...]]:
    if n == 0:
        yield ()
    for first in range(min(n, most), 0, -1):
        for rest in _partitions(n - first, first):
            yield (first, *rest)


def representations_of(op: str) -> tuple[Representation, ...]:
    """The representations in which the product ab of an operation falls apart; none where it is no product ab."""
    rule = rule_of(op)
    return representations(rule.group.name) if isinstance(rule, GroupProduct) and not rule.product else ()
