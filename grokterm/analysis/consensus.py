"""What held-out pairs agree on, and whether chance would do as well: the evidence that a circuit is there.

A table that was learned by heart makes the mean logits over *all* pairs of equal i + j right, and so every measure
that is taken from that mean. Pairs that no memory can answer do not: hence held-out pairs alone, and for each claim
a permutation test.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor

from grokterm.analysis.angles import Angles
from grokterm.analysis.harmonics import GroupAngles, by_component
from grokterm.analysis.measures import cross_entropy, restricted_logits
from grokterm.lab.seeds import generator

DRAWS: Final = 999
"""Draws of each permutation test, so that no p-value is below .001."""


@dataclass(frozen=True, slots=True)
class Consensus:
    """Losses in nats and p-values of one model; NaN where no pair is held out, None without key frequencies."""

    loss: float
    """Cross-entropy, over the held-out pairs, of the mean logits of those with the same i + j."""
    p_value: float
    """How often the same logits, read with classes in a random order, favour the right answers as much."""
    key_loss: float | None = None
    """The same loss with the mean logits restricted to the key frequencies."""
    key_p_value: float | None = None
    """How often as many frequencies drawn at random favour the right answers as much as the key frequencies.

    A group has too few representations for that: it is the permutation test of the classes, with the restricted logits.
    """


def held_out(angles: Angles, seen: Tensor) -> Tensor:
    """The pairs that memory cannot answer, bool [p, p]: never trained on (`seen`), nor their transposes.

    The transpose counts where the operation commutes: a model without places for a and b answers it from memory. Pairs
    outside the group are left out.
    """
    known = seen | seen.mT if angles.commutes else seen
    return ~known & (angles.lookup() < angles.n).to(seen.device)


def consensus(mean: Tensor, angles: Angles, counts: Tensor, keys: Iterable[int]) -> Consensus:
    """The evidence in `mean` [n, p], the mean logits of the held-out pairs of each angle s = i + j.

    `counts` [n] says how many there are; where none is, the mean logits stand for the average of the others.
    """
    there = counts > 0
    if not bool(there.any()):
        return Consensus(math.nan, math.nan)
    every = torch.where(there[:, None], mean, mean[there].mean(0))
    classes = angles.c.to(mean.device)
    by_class = every.index_select(-1, classes)
    loss = _mean_loss(every, classes, counts)
    chance = _label_p_value(by_class)
    chosen = sorted({angles.fold(k) for k in keys})
    if not chosen:
        return Consensus(loss, chance)
    restricted = restricted_logits(every, angles, chosen)
    by_chance = (
        _label_p_value(restricted.index_select(-1, classes))
        if isinstance(angles, GroupAngles)
        else _frequency_p_value(frequency_effects(by_class, angles), chosen)
    )
    return Consensus(loss, chance, _mean_loss(restricted, classes, counts), by_chance)


def frequency_effects(by_class: Tensor, angles: Angles) -> Tensor:
    """By how much each frequency raises the right logit over the average of all: [n // 2] of logits [n, n], nats.

    `by_class` holds mean logits by angle s and by the angle of the class, so that right answers lie on the diagonal.
    """
    centred = by_class - by_class.mean(-1, keepdim=True)
    basis = angles.basis(range(1, angles.frequencies + 1), centred)
    return by_component(((basis @ centred) * basis).sum(-1) / angles.n, angles)


def _mean_loss(logits: Tensor, classes: Tensor, counts: Tensor) -> float:
    each = cross_entropy(logits, classes)
    # Where no pair is held out, the loss counts for nothing, whatever it is.
    return float((torch.where(counts > 0, each, 0) * counts).sum() / counts.sum())


def _label_p_value(by_class: Tensor) -> float:
    """The permutation test of the mean right logit against classes in a random order."""
    n = len(by_class)
    centred = by_class - by_class.mean(-1, keepdim=True) - by_class.mean(-2, keepdim=True) + by_class.mean()
    orders = _orders(n, str(by_class.device))
    drawn = centred.gather(-1, orders.mT).sum(0)
    return _p_value(drawn, centred.diagonal().sum(), centred.abs().amax())


def _frequency_p_value(effects: Tensor, keys: list[int]) -> float:
    """The permutation test of the effect of key frequencies against as many drawn at random."""
    sets = _orders(len(effects), str(effects.device))[:, : len(keys)]
    drawn = effects[sets].sum(-1)
    return _p_value(drawn, effects[[k - 1 for k in keys]].sum(), effects.abs().amax())


def _p_value(drawn: Tensor, found: Tensor, scale: Tensor) -> float:
    """Share of the draws, and of what was found among them, that reach what was found; NaN where that is not finite."""
    if not bool(found.isfinite()):
        return math.nan
    rounding = 1e-9 * scale  # a draw of the same numbers in another order is the same
    return (1 + int((drawn >= found - rounding).sum())) / (1 + len(drawn))


@lru_cache(maxsize=8)
def _orders(n: int, device: str) -> Tensor:
    """DRAWS random orders of n things, int64 [DRAWS, n]: the same ones in every run."""
    drawn = torch.rand(DRAWS, n, generator=generator(n, "permutation tests"))
    return drawn.argsort(-1).to(device)
