"""What the heads of a transformer look at, on the tokens a, b, "=" (Nanda et al. 2023, section 4.1)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final

import torch
from torch import Tensor

from grokterm.analysis.activations import Parameters, input_tables, next_positions, pattern, positions
from grokterm.analysis.pairs import CHUNK
from grokterm.config import Config
from grokterm.lab.models.attention import Stream

NO_ATTENTION: Final = "only a transformer has attention"
POSITIONS: Final = 3


def average_pattern(config: Config, parameters: Parameters, block: int = 0, pairs: Tensor | None = None) -> Tensor:
    """The mean pattern of every head over all pairs or some (bool [p, p]), [..., heads, 3 (from), 3 (to)].

    Rows add up to 1; NaN where there are no pairs. Raises ValueError where there is no attention.
    """
    chosen = torch.ones(config.p**2, dtype=torch.bool) if pairs is None else pairs.flatten()
    total, start = torch.zeros(()), 0
    for streams in _streams(config, parameters, block):
        part = _lower(streams, config, parameters, block)
        count = part.shape[-4]
        share = chosen[start : start + count].to(part)
        # A pair that is left out counts nothing, NaN or not.
        total = total.to(part) + part.masked_fill(share[:, None, None, None] == 0, 0).sum(-4)
        start += count
    counted = int(chosen.sum())
    return total / counted if counted else torch.full_like(total, math.nan)


def equals_pattern(config: Config, parameters: Parameters, block: int = 0) -> Tensor:
    """Where "=" looks for every pair: [..., heads, 3 (a, b, "="), p, p]; the three add up to 1.

    Raises ValueError where there is no attention.
    """
    p = config.p
    parts = [pattern(config, parameters, block, streams) for streams in _streams(config, parameters, block)]
    table = torch.cat(parts, -3)
    return table.movedim(-3, -1).reshape(*table.shape[:-3], config.heads, POSITIONS, p, p)


def _streams(config: Config, parameters: Parameters, block: int) -> Iterator[Sequence[Stream]]:
    """The three positions as they enter a block, for consecutive pairs, in parts."""
    if config.arch != "transformer" or not 0 <= block < config.depth:
        raise ValueError(NO_ATTENTION if config.arch != "transformer" else f"there is no block {block}")
    p = config.p
    tables = input_tables(config, parameters)
    residues = torch.arange(p, device=tables[0].device)
    step = max(1, CHUNK // (p * max(config.width if block else 0, POSITIONS * config.d_model)))
    for start in range(0, p, step):
        a = residues[start : start + step]
        streams = positions(config, parameters, tables, a.repeat_interleave(p), residues.repeat(len(a)))
        for earlier in range(block):
            streams = next_positions(config, parameters, earlier, streams)
        yield streams


def _lower(streams: Sequence[Stream], config: Config, parameters: Parameters, block: int) -> Tensor:
    """The pattern of every position, [..., m, heads, 3 (from), 3 (to)], 0 for those that come after it."""
    seen = [pattern(config, parameters, block, streams[: at + 1]) for at in range(POSITIONS)]
    last = seen[-1]
    full = torch.zeros(*last.shape[:-1], POSITIONS, POSITIONS).to(last)
    full[..., 0, 0] = 1  # the first position sees itself alone
    for at in (1, 2):
        full[..., at, : at + 1] = seen[at]
    return full
