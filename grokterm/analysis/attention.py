"""What the heads of a transformer look at, on the tokens a, b, "=" (Nanda et al. 2023, section 4.2)."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from grokterm.analysis.activations import Parameters, input_tables, next_positions, pattern, positions
from grokterm.analysis.pairs import CHUNK
from grokterm.config import Config

NO_ATTENTION: Final = "only a transformer has attention"
POSITIONS: Final = 3


def patterns(config: Config, parameters: Parameters, block: int = 0) -> Tensor:
    """Attention of every position over those up to it, [..., heads, 3 (from), 3 (to), p, p], pairs indexed [a, b].

    Raises ValueError where there is no attention.
    """
    if config.arch != "transformer" or not 0 <= block < config.depth:
        raise ValueError(NO_ATTENTION if config.arch != "transformer" else f"there is no block {block}")
    p = config.p
    tables = input_tables(config, parameters)
    residues = torch.arange(p, device=tables[0].device)
    parts: list[Tensor] = []
    step = max(1, CHUNK // (p * max(config.width if block else 0, POSITIONS * config.d_model)))
    for start in range(0, p, step):
        a = residues[start : start + step]
        streams = positions(config, parameters, tables, a.repeat_interleave(p), residues.repeat(len(a)))
        for earlier in range(block):
            streams = next_positions(config, parameters, earlier, streams)
        seen = [pattern(config, parameters, block, streams[: at + 1]) for at in range(POSITIONS)]
        count = len(a) * p
        full = torch.zeros(*seen[2].shape[:-3], count, config.heads, POSITIONS, POSITIONS).to(seen[2])
        full[..., 0, 0] = 1  # the first position sees itself alone
        for at in (1, 2):
            full[..., at, : at + 1] = seen[at]
        parts.append(full)
    table = torch.cat(parts, -4)
    return table.movedim(-4, -1).reshape(*table.shape[:-4], config.heads, POSITIONS, POSITIONS, p, p)


def average_pattern(config: Config, parameters: Parameters, block: int = 0) -> Tensor:
    """The mean pattern of every head over all pairs, [..., heads, 3 (from), 3 (to)]; rows add up to 1."""
    return patterns(config, parameters, block).mean((-2, -1))


def equals_pattern(config: Config, parameters: Parameters, block: int = 0) -> Tensor:
    """Where "=" looks for every pair: [..., heads, 3 (a, b, "="), p, p]; the three add up to 1."""
    return patterns(config, parameters, block)[..., POSITIONS - 1, :, :, :]
