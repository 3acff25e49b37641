"""Logits of all pairs of residues, a part at a time: from a model, or from a table that is there already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

Answer = Callable[[Tensor, Tensor], Tensor]
"""Logits [..., m, p] of m pairs a, b (int64 [m]): a model with its parameters, or a table."""

CHUNK: Final = 2**21
"""Numbers that a pass over all pairs holds at once."""


KEPT: Final = 2**22
"""Most logits that are held for several passes: those of all pairs up to p 161."""


def table_answer(logits: Tensor) -> Answer:
    """Answers read from a full table of logits [..., p, p, p], indexed [a, b, class]."""
    p = logits.shape[-1]
    pairs = logits.flatten(-3, -2)
    return lambda a, b: pairs.index_select(-2, a * p + b)


def are_held(p: int) -> bool:
    """Whether the logits of all pairs are few enough to be held at once."""
    return p**3 <= KEPT


def remembered(answer: Answer, p: int, device: torch.device) -> Answer:
    """An answer that computes the logits of all pairs at once and reads them from there; itself where p is large."""
    if not are_held(p):
        return answer
    a = torch.arange(p, device=device)
    logits = answer(a.repeat_interleave(p), a.repeat(p))
    return table_answer(logits.view(*logits.shape[:-2], p, p, logits.shape[-1]))


def in_parts(pairs: Tensor, p: int) -> list[Tensor]:
    """Pair indices a·p + b, int64 [m], in order, in parts whose logits hold at most CHUNK numbers."""
    most = max(1, CHUNK // p)
    return [pairs[start : start + most] for start in range(0, len(pairs), most)]


def over_pairs(answer: Answer, p: int, reduce: Callable[[Tensor, Tensor], Tensor], device: torch.device) -> Tensor:
    """A number for every pair, [..., p, p], from reduce(logits [..., m, p], pair indices [m]) → [..., m], in parts."""
    parts = [reduce(answer(pairs // p, pairs % p), pairs) for pairs in in_parts(torch.arange(p * p, device=device), p)]
    joined = torch.cat(parts, -1)
    return joined.view(*joined.shape[:-1], p, p)
