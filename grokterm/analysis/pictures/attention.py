"""Pictures of what a transformer's heads look at (Nanda et al. 2023, arXiv:2301.05217, section 4.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch.nn.functional import adaptive_avg_pool2d

from grokterm.analysis.attention import NO_ATTENTION, average_pattern, equals_pattern
from grokterm.analysis.model_at_step import ModelAtStep, UndefinedError
from grokterm.analysis.pictures.picture import Chosen, Make, pick, picture_of
from grokterm.picture import Picture
from grokterm.surgery import head_count

PAIRS: Final = ("all {:,} pairs", "{:,} train pairs", "{:,} test pairs")
"""What an average is taken over, as `pairs` chooses."""
SIDE: Final = 128
"""Points along each side of a map, at most; beyond, neighbours are averaged."""


def average_patterns(model: ModelAtStep, chosen: Chosen) -> Picture:
    """`patterns` [heads, tokens (from), tokens (to)], the mean over pairs; `tokens` are named.

    Rows add up to 1 at an attention rate of 1. `block` and `pairs` (all, train or test) are chosen.
    """
    block = _block(model, chosen)
    of = pick(chosen, "pairs", len(PAIRS))
    defined = model.labels >= 0
    kept = (defined, defined & model.train, defined & ~model.train)[of]
    found = average_pattern(model.config, model.parameters, block, kept)
    names = {"tokens": model.config.sequence_tokens}
    return picture_of({"patterns": found}, names, summary=f"mean over {PAIRS[of].format(int(kept.sum()))}")


def attention_maps(model: ModelAtStep, chosen: Chosen) -> Picture:
    """`maps` [tokens, side, side] of one head's attention from "=" to each of `tokens`, over pairs [a, b].

    They add up to 1 at an attention rate of 1. `means` [tokens] over all pairs, `p` [1]; `block` and `head` are chosen.
    Beyond `SIDE` residues neighbours are averaged.
    """
    block, p = _block(model, chosen), model.config.p
    head = pick(chosen, "head", model.config.heads)
    maps = equals_pattern(model.config, model.parameters, block)[head]
    small = maps if p <= SIDE else adaptive_avg_pool2d(maps, (SIDE, SIDE))
    each = "" if p <= SIDE else f"; a point is the mean of about {(p / SIDE) ** 2:.0f} pairs"
    arrays = {"maps": small, "means": maps.mean((-2, -1)), "p": torch.tensor([p])}
    return picture_of(arrays, {"tokens": model.config.sequence_tokens}, f"all pairs{each}")


def _block(model: ModelAtStep, chosen: Chosen) -> int:
    if not head_count(model.config):
        raise UndefinedError(f"not defined: {NO_ATTENTION}; an MLP reads a and b with weights that never move")
    return pick(chosen, "block", model.config.depth)


PICTURES: Final[Mapping[str, Make]] = {"attention": average_patterns, "attention_map": attention_maps}
"""What makes each picture of attention."""
