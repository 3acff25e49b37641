"""How an operation adds angles: tables over pairs of residues rearranged so that the answer depends on i + j alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from grokterm.analysis.fourier import fourier_basis
from grokterm.analysis.pairs import CHUNK, logits_from_table
from grokterm.lab.groups import group_of

Rows = Callable[[int, int], Tensor]
"""Logits by rows of the rearranged table: rows(start, stop) → [..., stop − start, n, p]."""


@dataclass(frozen=True, slots=True, eq=False)
class Angles:
    """An operation as a sum of angles 2π(i + j)/n, each of a, b and c an int64 tensor [n] on the CPU.

    Nanda et al. 2023 (arXiv:2301.05217), section 3.1, for addition; Power et al. 2022 for the other groups.
    """

    p: int
    n: int
    """Order of the group: p residues, or p − 1 logarithms."""
    a: Tensor
    """Residue a that stands at angle i."""
    b: Tensor
    """Residue b that stands at angle j, so that subtracting and dividing are sums of angles too."""
    c: Tensor
    """Answer to every pair with i + j = s, by s."""

    @property
    def commutes(self) -> bool:
        """Whether the pairs (a, b) and (b, a) have the same answer."""
        return torch.equal(self.a, self.b)

    @property
    def frequencies(self) -> int:
        """Number of frequencies, k and n − k counted once."""
        return self.n // 2

    @property
    def sizes(self) -> list[int]:
        """How many rows the basis has for each frequency: a cosine and a sine, and at n/2 a cosine alone."""
        return [1 if 2 * k == self.n else 2 for k in range(1, self.frequencies + 1)]

    def table(self, values: Tensor) -> Tensor:
        """A table over pairs [..., p, p] rearranged to [..., n, n]; pairs outside the group are left out."""
        if self._plain:
            return values
        a, b = self.a.to(values.device), self.b.to(values.device)
        return values.index_select(-2, a).index_select(-1, b)

    def pairs(self) -> tuple[Tensor, Tensor]:
        """The residues a and b of all pairs of the group, int64 [n²] each, ordered by (i, j)."""
        return self.a.repeat_interleave(self.n), self.b.repeat(self.n)

    def sums(self, start: int = 0, stop: int | None = None) -> Tensor:
        """The angle s = (i + j) mod n of every pair, int64 [stop − start, n]."""
        i = torch.arange(start, self.n if stop is None else stop)
        return (i[:, None] + torch.arange(self.n)) % self.n

    def lookup(self) -> Tensor:
        """The angle s of every pair of residues, int64 [p, p] indexed [a, b]; n for a pair outside the group."""
        return _lookup(self)

    def rows(self, logits: Tensor) -> Rows:
        """Rows of a full table of logits [..., p, p, p], indexed [a, b, class]."""
        if self._plain:
            return lambda start, stop: logits[..., start:stop, :, :]
        return self.rows_of(logits_from_table(logits), logits.device)

    def rows_of(self, logits_fn: Callable[[Tensor, Tensor], Tensor], device: torch.device | None = None) -> Rows:
        """Rows computed when asked for, from logits_fn(a, b) → logits [..., m, p] of m pairs, on its device."""
        of_a, of_b = self.a.to(device), self.b.to(device)

        def rows(start: int, stop: int) -> Tensor:
            logits = logits_fn(of_a[start:stop].repeat_interleave(self.n), of_b.repeat(stop - start))
            return logits.view(*logits.shape[:-2], stop - start, self.n, -1)

        return rows

    def rows_by_angle(self, logits_fn: Callable[[Tensor, Tensor], Tensor], device: torch.device | None = None) -> Rows:
        """As `rows_of`, but row s holds the n pairs with i + j = s, in order of i."""
        by_sum = self.by_sum()
        of_a, of_b = self.a[by_sum // self.n].to(device), self.b[by_sum % self.n].to(device)

        def rows(start: int, stop: int) -> Tensor:
            pairs = slice(start * self.n, stop * self.n)
            logits = logits_fn(of_a[pairs], of_b[pairs])
            return logits.view(*logits.shape[:-2], stop - start, self.n, -1)

        return rows

    def by_sum(self) -> Tensor:
        """Where the pairs with i + j = s stand among all, int64 [n²]: n for each s in order, by i."""
        return _by_sum(self.n)

    def by_angle(self, values: Tensor) -> Tensor:
        """A table over pairs [p, p] rearranged on the CPU to [n, n]: row s holds the pairs with i + j = s, by i."""
        return self.table(values).cpu().flatten()[self.by_sum()].view(self.n, self.n)

    def chunks(self, width: int) -> Iterable[tuple[int, int]]:
        """Ranges (start, stop) of rows i that hold at most CHUNK numbers for `width` numbers a pair."""
        step = max(1, CHUNK // (self.n * width))
        return ((start, min(self.n, start + step)) for start in range(0, self.n, step))

    def basis(self, keys: Iterable[int], like: Tensor) -> Tensor:
        """Orthonormal rows [m, n] over s: cos and sin at each frequency, as `like` in type and device.

        Frequencies k and n − k count once; raises ValueError for one that is not from 1 to n − 1.
        """
        folded = sorted({self.fold(k) for k in keys})
        index = [row for k in folded for row in (2 * k - 1, 2 * k) if row < self.n]
        return _basis(self.n, like.dtype, like.device)[index]

    def quotients(self) -> Tensor:
        """The angle c with s = d + c for every s and d, int64 [n, n] indexed [s, d]."""
        s = torch.arange(self.n)
        return (s[:, None] - s) % self.n

    def class_functions(self, like: Tensor) -> Tensor:
        """Cosines of unit norm at every frequency, [frequencies, n]."""
        return self.basis(range(1, self.frequencies + 1), like)[::2]

    def fold(self, k: int) -> int:
        """The frequency among k and n − k that is at most n/2; raises ValueError where there is none."""
        if not 0 < k < self.n:
            raise ValueError(f"frequency {k} is not from 1 to {self.n - 1}")
        return min(k, self.n - k)

    @property
    def _plain(self) -> bool:
        return self.n == self.p and all(torch.equal(each, torch.arange(self.p)) for each in (self.a, self.b))


@cache
def angles_of(op: str, p: int) -> Angles | None:
    """How an operation on residues mod p adds angles; None where it does not."""
    group = group_of(op, p)
    return None if group is None else Angles(p, *group)


@cache
def _lookup(angles: Angles) -> Tensor:
    table = torch.full((angles.p, angles.p), angles.n)
    table[angles.a[:, None], angles.b] = angles.sums()
    return table


@cache
def _by_sum(n: int) -> Tensor:
    i, s = torch.arange(n), torch.arange(n)[:, None]
    return (i * n + (s - i) % n).flatten()


@cache
def _basis(n: int, dtype: torch.dtype, device: torch.device) -> Tensor:
    return fourier_basis(n, dtype).to(device)
