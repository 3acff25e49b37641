"""Operations that add angles, as the group in which they do so."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from grokterm.arithmetic import discrete_logarithms, group_order


class Group(NamedTuple):
    """An operation as a sum of angles 2π(i + j)/n; a, b and c are int64 [n] on the CPU."""

    n: int
    """How many angles there are: p residues, or p − 1 logarithms."""
    a: Tensor
    """Residue a that stands at angle i."""
    b: Tensor
    """Residue b that stands at angle j, so that subtracting and dividing are sums of angles too."""
    c: Tensor
    """Answer to every pair with i + j = s, by s."""


@cache
def group_of(op: str, p: int) -> Group | None:
    """How an operation on residues mod p adds angles; None where it does not."""
    n = group_order(op, p)
    if n is None:
        return None
    element = torch.arange(p) if n == p else torch.tensor(discrete_logarithms(p))
    inverse = element[-torch.arange(n) % n]
    return Group(n, element, inverse if op in ("subtract", "divide") else element, element)
