"""Sums over a few rows of a table: n pairs gather rows of p residues, and scatter gradients back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor
from torch.nn import functional


@dataclass(frozen=True)
class RowSums:
    """Sums of gathered rows of a table and their transpose, without a tensor of all gathered rows.

    Each sum runs over its rows in order, forward and back, so it is the same bits every time.
    """

    rows: Tensor
    """int32 [n, k]: sum i is over rows[i, 0] … rows[i, k − 1]."""
    count: int
    """Rows of the table."""

    def gather_sum(self, table: Tensor, weights: Tensor | None = None) -> Tensor:
        """Σ_j weights[i, j] · table[rows[i, j]]: [count, d] and [n, k] (1 where None) give [n, d]."""
        return functional.embedding_bag(self.rows, table, mode="sum", per_sample_weights=weights)

    def scatter_sum(self, values: Tensor, weights: Tensor | None = None) -> Tensor:
        """The transpose of `gather_sum`, its gradient by the table: [n, d] give [count, d]."""
        entries, sums, starts = self._inverse
        given = None if weights is None else weights.flatten().index_select(0, entries)
        return functional.embedding_bag(sums, values, starts, mode="sum", per_sample_weights=given)

    @cached_property
    def _inverse(self) -> tuple[Tensor, Tensor, Tensor]:
        """Entries of `rows` sorted by table row, the sum that each belongs to, and the offset of each table row."""
        flat = self.rows.flatten()
        entries = flat.argsort(stable=True)
        ends = flat.bincount(minlength=self.count).cumsum(0)
        starts = torch.cat((ends.new_zeros(1), ends[:-1]))
        return entries, (entries // self.rows.shape[1]).int(), starts.int()


def pair_row_sums(a: Tensor, b: Tensor, p: int) -> RowSums:
    """Two rows a pair out of a table of 2p, that of a and p + that of b; int64 [n] each."""
    return RowSums(torch.stack((a, b + p), 1).int(), 2 * p)


def head_row_sums(pairs: RowSums, heads: int) -> RowSums:
    """Three rows a pair and head, in the order of pairs, out of a table of 2p + 1 residues and "=" by heads."""
    rows = functional.pad(pairs.rows, (0, 1), value=pairs.count)
    each = rows[:, None, :] * heads + torch.arange(heads, dtype=torch.int32, device=rows.device)[:, None]
    return RowSums(each.flatten(0, 1), (pairs.count + 1) * heads)
