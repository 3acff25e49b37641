"""Logits from which frequencies are taken out, as the literature does it: not by way of the weights."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor

from grokterm.analysis.angles import Angles
from grokterm.analysis.measures import projection
from grokterm.analysis.pairs import LogitsFn


def without_frequencies(answer: LogitsFn, mean: Tensor, angles: Angles, keys: Iterable[int]) -> LogitsFn:
    """L − P_K L: the logits without frequencies K; mean [..., n, p] is that of `measures.angle_means`.

    Pairs outside the group (a zero factor) keep their logits.
    """
    part = projection(mean, angles, keys)
    padded = torch.cat([part, torch.zeros_like(part[..., :1, :])], -2)
    lookup = angles.lookup().to(part.device)
    return lambda a, b: answer(a, b) - padded.index_select(-2, lookup[a, b])
