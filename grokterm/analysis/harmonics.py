"""The parts into which functions of the answer fall: frequencies of a sum of angles, representations of a group.

A group's isotypic components are for its product what frequencies are for a sum: both are the projectors of the group
that is added in (Chughtai, Chan and Nanda 2023, arXiv:2302.03025, section 3); k counts either from 1.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor
from torch.nn import functional

from grokterm.analysis.angles import Angles, angles_of
from grokterm.tasks.groups import FiniteGroup, finite_group
from grokterm.tasks.operations import rule_of
from grokterm.tasks.representations import isotypic_rows, representations
from grokterm.tasks.rules import GroupProduct


@dataclass(frozen=True, slots=True, eq=False)
class GroupAngles(Angles):
    """The product ab of a finite group in place of a sum of angles i + j; `sums` are products, s = ij."""

    group: FiniteGroup

    @property
    def commutes(self) -> bool:
        """Whether ab = ba for all pairs."""
        return torch.equal(self.sums(), self.sums().mT)

    @property
    def frequencies(self) -> int:
        """Number of representations, the trivial one left out."""
        return len(representations(self.group.name))

    @property
    def sizes(self) -> list[int]:
        """Dimensions of their isotypic components."""
        return [each.size for each in representations(self.group.name)]

    def sums(self, start: int = 0, stop: int | None = None) -> Tensor:
        """The product of every pair of elements, int64 [stop − start, n]."""
        return torch.tensor(self.group.table)[start:stop]

    def quotients(self) -> Tensor:
        """The element c with s = dc for every s and d, int64 [n, n] indexed [s, d]."""
        return self.sums()[torch.tensor(self.group.inverse)].mT

    def by_sum(self) -> Tensor:
        """Where the pairs with ij = s stand among all, int64 [n²]: n for each s in order, by i."""
        return (torch.arange(self.n) * self.n + self.quotients()).flatten()

    def basis(self, keys: Iterable[int], like: Tensor) -> Tensor:
        """Orthonormal rows [m, n] that span the isotypic components, as `like` in type and device.

        Raises ValueError for a number that no representation has.
        """
        rows = [_rows(self.group.name)[k - 1] for k in sorted({self.fold(k) for k in keys})]
        return torch.cat(rows or [torch.zeros(0, self.n, dtype=torch.float64)]).to(like)

    def class_functions(self, like: Tensor) -> Tensor:
        """tr ρ of unit norm for every representation, [frequencies, n]."""
        found = torch.stack([torch.tensor(each.character) for each in representations(self.group.name)])
        return functional.normalize(found, dim=-1).to(like)

    def fold(self, k: int) -> int:
        """k itself; raises ValueError where no representation has that number."""
        if not 0 < k <= self.frequencies:
            raise ValueError(f"representation {k} is not from 1 to {self.frequencies}")
        return k


@cache
def harmonics_of(op: str, p: int) -> Angles | None:
    """The angles that an operation adds, or the group in which it multiplies; None where it does neither."""
    rule = rule_of(op)
    if not isinstance(rule, GroupProduct):
        return angles_of(op, p)
    if rule.product:
        return None
    each = torch.arange(p)
    return GroupAngles(p, p, each, each, each, finite_group(rule.group.name))


def component_norms(rows: Tensor, harmonics: Angles) -> Tensor:
    """Norm of each component of a table [..., n, d], per two of its dimensions: [..., frequencies].

    A frequency has two dimensions, and so its norm; a representation of a component of m has its own times √(2/m),
    so that random weights have equal norms everywhere.
    """
    wide = rows if rows.dtype == torch.float64 else rows.float()
    parts = harmonics.basis(range(1, harmonics.frequencies + 1), wide) @ wide
    squares = by_component(parts.square().sum(-1), harmonics)
    return (squares * 2 / torch.tensor(harmonics.sizes).to(squares)).sqrt()


def by_component(values: Tensor, harmonics: Angles) -> Tensor:
    """Values [..., m] of all rows of the basis, summed over those of each component: [..., frequencies]."""
    sizes = torch.tensor(harmonics.sizes)
    at = torch.arange(harmonics.frequencies).repeat_interleave(sizes).to(values.device)
    found = values.new_zeros(*values.shape[:-1], harmonics.frequencies)
    return found.index_add_(-1, at, values)


@cache
def _rows(name: str) -> list[Tensor]:
    return [torch.tensor(rows) for rows in isotypic_rows(name)]
