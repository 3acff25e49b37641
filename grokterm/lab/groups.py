"""Operations that add angles, as the group in which they do so."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

from grokterm.tasks.arithmetic import discrete_logarithms
from grokterm.tasks.operations import group_order, rule_of


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
    n, added = group_order(op, p), rule_of(op).sum
    if n is None or added is None:
        return None
    angle, (above, below) = torch.arange(n), added.shift
    if added.basis == "residues":
        return Group(n, angle * added.sign_a % n, angle * added.sign_b % n, (angle + above) % n)
    element = torch.tensor(discrete_logarithms(p))
    scale = above * pow(below, -1, p)
    return Group(n, element[angle * added.sign_a % n], element[angle * added.sign_b % n], element * scale % p)
