"""Progress measures of the logits (Nanda et al. 2023, arXiv:2301.05217, section 5.1).

Each works on the rearranged table of `angles.Angles`, so that adding, subtracting, multiplying and dividing are one
case. A projection on the two directions of a frequency, cos w(i + j) and sin w(i + j), depends on i + j = s alone:
all of them are read from the mean logits of each s, an n×p matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from grokterm.analysis.angles import Angles
from grokterm.analysis.decomposition import ratio
from grokterm.analysis.pairs import LogitsFn, pair_chunks

_CACHED: Final = 2**17
"""Numbers that are widened at once."""


@dataclass(frozen=True, slots=True, eq=False)
class AngleMeans:
    """What one pass over all logits leaves: enough for restricted logits and for shares of variance."""

    mean: Tensor
    """Mean logits of the pairs with i + j = s, float64 [..., n, p]."""
    square: Tensor
    """Sum of squares of the logits of the group's classes, over all pairs, [...]."""
    masked_mean: Tensor
    """Mean logits of the pairs of the mask alone, float64 [..., n, p]; zeros where there is none."""
    counts: Tensor
    """How many of them have i + j = s, float64 [n]."""


@dataclass(frozen=True, slots=True, eq=False)
class RestrictedLoss:
    """Mean cross-entropies [...] of the restricted logits; NaN for an empty set of pairs."""

    all: Tensor
    train: Tensor
    test: Tensor


def angle_means(
    logits_fn: LogitsFn, angles: Angles, device: torch.device | None = None, mask: Tensor | None = None
) -> AngleMeans:
    """One pass over the logits that logits_fn gives on a device: their mean for each angle, and their sum of squares.

    `mask`, bool [p, p], selects the pairs of `masked_mean`; by default all of them.
    """
    rows = angles.rows_by_angle(logits_fn, device)
    counts = angles.by_angle(torch.ones(angles.p, angles.p) if mask is None else mask).double().to(device)
    weights = torch.stack(
        [torch.full_like(counts, 1 / angles.n), counts / counts.sum(-1, keepdim=True).clamp(min=1)], 1
    )
    means: list[Tensor] = []
    square: Tensor | float = 0.0
    for start, stop in angles.chunks(angles.p):
        logits = rows(start, stop)
        # A few rows at a time: what is wider then stays in the cache.
        few = max(1, _CACHED // (angles.n * angles.p))
        for part, weight in zip(torch.split(logits, few, -3), torch.split(weights[start:stop], few), strict=True):
            means.append(weight @ part.double())
        counted = logits if angles.n == angles.p else logits[..., angles.c.to(logits.device)]
        square = square + torch.linalg.vector_norm(counted.flatten(-2), dim=-1).double().square().sum(-1)
    assert isinstance(square, Tensor)
    mean, masked_mean = torch.cat(means, -3).unbind(-2)
    return AngleMeans(mean, square, masked_mean, counts.sum(-1))


def projection(mean: Tensor, angles: Angles, keys: Iterable[int]) -> Tensor:
    """P_K L by angle s: the part of the logits [..., n, p] along cos and sin of w_k s for k in keys."""
    chosen = {angles.fold(k) for k in keys}
    if len(chosen) == angles.frequencies:  # a basis of all that is not constant
        return mean - mean.mean(-2, keepdim=True)
    basis = angles.basis(chosen, mean)
    return basis.mT @ (basis @ mean)


def restricted_logits(mean: Tensor, angles: Angles, keys: Iterable[int]) -> Tensor:
    """P_K L + mean_ab L by angle s, [..., n, p] (section 5.1, restricted loss)."""
    return projection(mean, angles, keys) + mean.mean(-2, keepdim=True)


def restricted_loss(mean: Tensor, angles: Angles, keys: Iterable[int], train: Tensor) -> RestrictedLoss:
    """Cross-entropy of the restricted logits over all, train and test pairs (section 5.1).

    mean [..., n, p] is that of `angle_means`; train is bool [p, p], and pairs outside the group are left out.
    """
    loss = cross_entropy(restricted_logits(mean, angles, keys), angles.c.to(mean.device))
    share = _train_share(angles, train).to(loss)
    return RestrictedLoss(
        loss.mean(-1), (loss * share).sum(-1) / share.sum(), (loss * (1 - share)).sum(-1) / (1 - share).sum()
    )


def excluded_loss(
    logits_fn: LogitsFn, mean: Tensor, angles: Angles, groups: Sequence[Iterable[int]], train: Tensor
) -> Tensor:
    """Cross-entropy of L − P_K L over the train pairs, for each group K of frequencies: [..., groups] (section 5.1).

    One group of all key frequencies gives the excluded loss; groups of one give it a frequency at a time. logits_fn
    gives the logits, mean [..., n, p] is that of `angle_means`, train is bool [p, p].
    """
    p, device = angles.p, mean.device
    parts = [projection(mean, angles, keys) for keys in groups]
    lookup, classes = angles.lookup().flatten().to(device), angles.c.to(device)
    inside = (train.flatten().to(device) & (lookup < angles.n)).nonzero().squeeze(-1)
    total = mean.new_zeros(*mean.shape[:-2], len(parts))
    for pairs in pair_chunks(inside, p):
        logits, s = logits_fn(pairs // p, pairs % p), lookup[pairs]
        for at, part in enumerate(parts):
            loss = cross_entropy(logits - part.to(logits.dtype).index_select(-2, s), classes[s])
            total[..., at] += loss.sum(-1, dtype=torch.float64)
    return total / len(inside)


def variance_shares(means: AngleMeans, angles: Angles) -> Tensor:
    """Share of the logits' variance that each α_k cos w_k(i + j − c) explains, α fitted: [..., n//2] (section 4.2).

    The variance is that of each of the group's classes over the pairs, summed; without any variance the share is 0.
    """
    n = angles.n
    mean = means.mean[..., angles.c.to(means.mean.device)]
    centre = mean.mean(-2, keepdim=True)
    total = means.square - n**2 * centre.square().sum((-2, -1))
    # Mean over s of the logits whose class lies at s − d: all that a function of s − c alone can explain.
    at = angles.quotients().to(mean.device).expand_as(mean)
    by_distance = (mean - centre).gather(-1, at).mean(-2)
    cosines = angles.class_functions(by_distance)
    return ratio(n**2 * (by_distance @ cosines.mT).square(), total.unsqueeze(-1))


def variance_share(means: AngleMeans, angles: Angles, keys: Iterable[int]) -> Tensor:
    """Share [...] of the logits' variance that the cosines of all keys explain together."""
    return variance_shares(means, angles)[..., [k - 1 for k in sorted({angles.fold(k) for k in keys})]].sum(-1)


def cross_entropy(logits: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy [...] of logits [..., p] at labels int64 [...], accurate for losses far below the float's ε."""
    index = labels.expand(logits.shape[:-1]).unsqueeze(-1)
    above = logits - logits.gather(-1, index)
    largest = above.amax(-1, keepdim=True)
    others = above.sub_(largest).exp_().scatter_(-1, index, 0.0).sum(-1)
    largest = largest.squeeze(-1)
    return torch.where(largest > 0, largest + (others + (-largest).exp()).log(), others.log1p())


def softmax_collapse(logits: Tensor) -> Tensor:
    """Share [...] of samples whose softmax sum is exactly 1 in the float of the logits [..., samples, p].

    Prieto et al. 2025 (arXiv:2501.04697), definition 3: beyond a gap of 16.6 in float32 softmax − 1 is 0.
    """
    powers = (logits - logits.amax(-1, keepdim=True)).exp_()
    return (powers.sum(-1) == 1).to(logits.dtype).mean(-1)


def gini(values: Tensor) -> Tensor:
    """Gini coefficient [...] of numbers ≥ 0 [..., N]: 0 when all are equal, 1 − 1/N for one alone; 0 when all are 0.

    The mean difference of two of them over twice their mean (Hurley and Rickard 2009, arXiv:0811.4706, table I).
    """
    wide = values.double()
    differences = (wide.unsqueeze(-1) - wide.unsqueeze(-2)).abs_().sum((-2, -1))
    return ratio(differences, 2 * values.shape[-1] * wide.sum(-1))


def _train_share(angles: Angles, train: Tensor) -> Tensor:
    """Share of the pairs with i + j = s that are trained on, float64 [n]."""
    return angles.by_angle(train).double().mean(-1)
