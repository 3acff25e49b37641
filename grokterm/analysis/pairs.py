"""Logits of all pairs of residues, a part at a time: from a model, or from a table that is there already."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import torch
from torch import Tensor

LogitsFn = Callable[[Tensor, Tensor], Tensor]
"""Logits [..., m, p] of m pairs a, b (int64 [m]): a model with its parameters, or a table."""

CHUNK: Final = 2**21
"""Numbers that a pass over all pairs holds at once."""


CACHED_LOGITS: Final = 2**22
"""Most logits that are held for several passes: those of all pairs up to p 161."""


def logits_from_table(logits: Tensor) -> LogitsFn:
    """Answers read from a full table of logits [..., p, p, p], indexed [a, b, class]."""
    p = logits.shape[-1]
    pairs = logits.flatten(-3, -2)
    return lambda a, b: pairs.index_select(-2, a * p + b)


def fits_in_cache(p: int) -> bool:
    """Whether the logits of all pairs are few enough to be held at once."""
    return p**3 <= CACHED_LOGITS


def cached_logits(logits_fn: LogitsFn, p: int, device: torch.device) -> LogitsFn:
    """The same logits, computed once for all pairs and read from a table; `logits_fn` itself where p is large."""
    if not fits_in_cache(p):
        return logits_fn
    a = torch.arange(p, device=device)
    logits = logits_fn(a.repeat_interleave(p), a.repeat(p))
    return logits_from_table(logits.view(*logits.shape[:-2], p, p, logits.shape[-1]))


def pair_chunks(pairs: Tensor, p: int) -> list[Tensor]:
    """Pair indices a·p + b, int64 [m], in order, in parts whose logits hold at most CHUNK numbers."""
    most = max(1, CHUNK // p)
    return [pairs[start : start + most] for start in range(0, len(pairs), most)]


def map_pairs(logits_fn: LogitsFn, p: int, reduce: Callable[[Tensor, Tensor], Tensor], device: torch.device) -> Tensor:
    """A number for every pair, [..., p, p], from reduce(logits [..., m, p], pair indices [m]) → [..., m], in parts."""
    parts = [
        reduce(logits_fn(pairs // p, pairs % p), pairs) for pairs in pair_chunks(torch.arange(p * p, device=device), p)
    ]
    joined = torch.cat(parts, -1)
    return joined.view(*joined.shape[:-1], p, p)
