"""What the heads of a transformer look at, on the tokens of a pair (Nanda et al. 2023, section 4.1)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

import torch
from torch import Tensor

from grokterm.analysis.activations import Parameters
from grokterm.analysis.cancellation import check_cancelled
from grokterm.analysis.pairs import CHUNK
from grokterm.config import Config
from grokterm.config.architectures import users
from grokterm.lab.models import build
from grokterm.surgery import head_count

NO_ATTENTION: Final = f"only {' or '.join(f'a {name}' for name in users('heads'))} has attention"


def average_pattern(config: Config, parameters: Parameters, block: int = 0, pairs: Tensor | None = None) -> Tensor:
    """The mean pattern of every head over all pairs or some (bool [p, p]), [..., heads, tokens (from), tokens (to)].

    Rows add up to 1 at an attention rate of 1; NaN where there are no pairs. Raises ValueError without attention.
    """
    chosen = torch.ones(config.p**2, dtype=torch.bool) if pairs is None else pairs.flatten()
    total, start = torch.zeros(()), 0
    for part in _patterns(config, parameters, block, every=True):
        count = part.shape[-4]
        share = chosen[start : start + count].to(part)
        # A pair that is left out counts nothing, NaN or not.
        total = total.to(part) + part.masked_fill(share[:, None, None, None] == 0, 0).sum(-4)
        start += count
    counted = int(chosen.sum())
    return total / counted if counted else torch.full_like(total, math.nan)


def equals_pattern(config: Config, parameters: Parameters, block: int = 0) -> Tensor:
    """Where "=" looks for every pair: [..., heads, tokens, p, p].

    They add up to 1 at an attention rate of 1. Raises ValueError where there is no attention.
    """
    p = config.p
    table = torch.cat(list(_patterns(config, parameters, block, every=False)), -3)
    return table.movedim(-3, -1).reshape(*table.shape[:-3], config.heads, table.shape[-1], p, p)


def _patterns(config: Config, parameters: Parameters, block: int, every: bool) -> Iterator[Tensor]:
    """`Model.attention` for consecutive pairs, in parts."""
    if not head_count(config) or not 0 <= block < config.depth:
        raise ValueError(f"there is no block {block}" if head_count(config) else NO_ATTENTION)
    p, model = config.p, build(config)
    residues = torch.arange(p, device=next(iter(parameters.values())).device)
    step = max(1, CHUNK // (p * max(config.width if block else 0, len(config.sequence_tokens) * config.d_model)))
    for start in range(0, p, step):
        check_cancelled()
        a = residues[start : start + step]
        yield model.attention(parameters, a.repeat_interleave(p), residues.repeat(len(a)), block, every)
