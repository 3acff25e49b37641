"""Attention over tokens, where what depends on one residue, or on none, is computed once a residue, or once."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from grokterm.lab.models.sublayers import gather_rows
from grokterm.lab.precision import Product


class Stream(NamedTuple):
    """One position of the residual stream: rows, and the index of the row of each pair."""

    rows: Tensor
    """[..., m, d]: p rows where the position depends on one residue, n where it depends on the pair, or one."""
    row_index: Tensor | None
    """int64 [n], the row of each pair; None where row i is pair i's or the one row is every pair's."""
    constant: bool = False
    """Whether it is the same for every pair, and so one row."""

    def map(self, function: Callable[[Tensor], Tensor]) -> Stream:
        """The same position with a function applied to its rows."""
        return self._replace(rows=function(self.rows))

    def gathered(self) -> Tensor:
        """The row of every pair, [..., n, d], or [..., 1, d] where it is the same for all."""
        return self.rows if self.row_index is None else gather_rows(self.rows, self.row_index)


def shared_index(seen: Sequence[Stream]) -> Tensor | None:
    """The index of the one residue that all of the positions depend on; None where there is none or more than one."""
    first, *others = [stream.row_index for stream in seen if not stream.constant] or [None]
    return first if all(index is first for index in others) else None


def once_a_residue(seen: Sequence[Stream]) -> Sequence[Stream]:
    """The positions with a row a residue in place of one a pair, where all depend on one residue."""
    return seen if shared_index(seen) is None else [stream._replace(row_index=None) for stream in seen]


def attend(query: Stream, keys: Sequence[Stream], values: Sequence[Stream], heads: int, rate: float = 1) -> Tensor:
    """The values of all positions weighted by softmax(q·k/√d_head), heads side by side: [..., n, d_model].

    `rate` is that of `interpolated`.
    """
    scores = [_scores(query, key, heads) for key in keys]
    most = max(scores, key=lambda score: score.shape[-2])
    pattern = interpolated(torch.stack([score.expand_as(most) for score in scores]).softmax(0), rate)
    mixed = torch.zeros((), dtype=pattern.dtype, device=pattern.device)
    for weight, value in zip(pattern, values, strict=True):
        mixed = mixed + weight[..., None] * by_head(value.gathered(), heads)
    return mixed.flatten(-2)


def interpolated(pattern: Tensor, rate: float) -> Tensor:
    """Attention between softmax, at rate 1, and a matrix of ones, at rate 0 (Zhong et al. 2023, arXiv:2306.17844)."""
    return pattern if rate == 1 else rate * pattern + (1 - rate)


def project(product: Product, parameters: Mapping[str, Tensor], block: int, to: str, rows: Tensor) -> Tensor:
    """Rows times W_Q, W_K, W_V or W_O of a block, with a bias where the parameters have one."""
    found, bias = product(rows, parameters[f"{block}.W_{to}"]), parameters.get(f"{block}.b_{to}")
    return found if bias is None else found + bias[..., None, :]


def _scores(query: Stream, key: Stream, heads: int) -> Tensor:
    """q·k/√d_head of every pair and head, [..., n, heads]."""
    scale = 1 / math.sqrt(query.rows.shape[-1] // heads)

    def dot(q: Tensor, k: Tensor) -> Tensor:
        return by_head(q * k, heads).sum(-1) * scale

    if query.row_index is None and query.rows.shape[-2] == 1:
        return key.map(lambda k: dot(query.rows, k)).gathered()
    if query.row_index is key.row_index:
        return query.map(lambda q: dot(q, key.rows)).gathered()
    return dot(query.gathered(), key.gathered())


def by_head(x: Tensor, heads: int) -> Tensor:
    """The columns of each head apart: [..., heads · e] gives [..., heads, e]."""
    return x.view(*x.shape[:-1], heads, -1)
