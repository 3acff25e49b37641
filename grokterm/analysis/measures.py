"""Progress measures of the logits (Nanda et al. 2023, arXiv:2301.05217, section 5.1).

Each works on the rearranged table of `angles.Angles`, so that adding, subtracting, multiplying and dividing are one
case. A projection on the two directions of a frequency, cos w(i + j) and sin w(i + j), depends on i + j = s alone:
all of them are read from the mean logits of each s, an n×p matrix.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from grokterm.analysis.angles import Angles, Rows
from grokterm.analysis.decomposition import ratio
from grokterm.analysis.pairs import Answer, in_parts


@dataclass(frozen=True, slots=True, eq=False)
class AngleMeans:
    """What one pass over all logits leaves: enough for restricted logits and for shares of variance."""

    mean: Tensor
    """Mean logits of the pairs with i + j = s, float64 [..., n, p]."""
    square: Tensor
    """Sum of squares of the logits of the group's classes, over all pairs, [...]."""


@dataclass(frozen=True, slots=True, eq=False)
class RestrictedLoss:
    """Mean cross-entropies [...] of the restricted logits; NaN for an empty set of pairs."""

    all: Tensor
    train: Tensor
    test: Tensor


def angle_means(rows: Rows, angles: Angles) -> AngleMeans:
    """One pass over the logits: their mean for each angle, and their sum of squares."""
    total: Tensor | None = None
    square: Tensor | float = 0.0
    chunks = list(angles.chunks(angles.p))
    if len(chunks) == 1:
        return _means_of_table(rows(0, angles.n), angles)
    for start, stop in chunks:
        logits = rows(start, stop)
        if total is None:
            total = logits.new_zeros(*logits.shape[:-3], 2 * angles.n, angles.p, dtype=torch.float64)
        # Row i holds the angles i … i + n − 1 in order: no scatter, so the sum is the same bits on every device.
        for i in range(start, stop):
            total[..., i : i + angles.n, :] += logits[..., i - start, :, :]
        square = square + logits.square().flatten(-3, -2).sum(-2).double()
    assert total is not None
    assert isinstance(square, Tensor)
    mean = (total[..., : angles.n, :] + total[..., angles.n :, :]) / angles.n
    return AngleMeans(mean, square[..., angles.c.to(square.device)].sum(-1))


def _means_of_table(logits: Tensor, angles: Angles) -> AngleMeans:
    """The same as `angle_means` from the whole rearranged table [..., n, n, p], quicker."""
    n, pairs = angles.n, logits.flatten(-3, -2)
    ordered = pairs.index_select(-2, angles.by_sum().to(logits.device)).view(logits.shape)
    square = pairs.square().sum(-2).double()
    return AngleMeans(ordered.sum(-2, dtype=torch.float64) / n, square[..., angles.c.to(square.device)].sum(-1))


def projection(mean: Tensor, angles: Angles, keys: Iterable[int]) -> Tensor:
    """P_K L by angle s: the part of the logits [..., n, p] along cos and sin of w_k s for k in keys."""
    basis = angles.basis(keys, mean)
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
    answer: Answer, mean: Tensor, angles: Angles, groups: Sequence[Iterable[int]], train: Tensor
) -> Tensor:
    """Cross-entropy of L − P_K L over the train pairs, for each group K of frequencies: [..., groups] (section 5.1).

    One group of all key frequencies gives the excluded loss; groups of one give it a frequency at a time. answer
    gives the logits, mean [..., n, p] is that of `angle_means`, train is bool [p, p].
    """
    p, device = angles.p, mean.device
    parts = [projection(mean, angles, keys) for keys in groups]
    lookup, classes = angles.lookup().flatten().to(device), angles.c.to(device)
    inside = (train.flatten().to(device) & (lookup < angles.n)).nonzero().squeeze(-1)
    total = mean.new_zeros(*mean.shape[:-2], len(parts))
    for pairs in in_parts(inside, p):
        logits, s = answer(pairs // p, pairs % p), lookup[pairs]
        for at, part in enumerate(parts):
            loss = cross_entropy(logits - part.to(logits.dtype).index_select(-2, s), classes[s])
            total[..., at] += loss.sum(-1, dtype=torch.float64)
    return total / len(inside)


def variance_share(means: AngleMeans, angles: Angles, keys: Iterable[int]) -> Tensor:
    """Share [...] of the logits' variance that Σ_k α_k cos w_k(i + j − c) explains, α fitted (section 4.1).

    The variance is that of each of the group's classes over the pairs, summed; without any variance the share is 0.
    """
    n = angles.n
    mean = means.mean[..., angles.c.to(means.mean.device)]
    centre = mean.mean(-2, keepdim=True)
    total = means.square - n**2 * centre.square().sum((-2, -1))
    # Mean over s of the logits whose class lies at s − d: all that a function of s − c alone can explain.
    s = torch.arange(n, device=mean.device)
    at = ((s[:, None] - s) % n).expand_as(mean)
    by_distance = (mean - centre).gather(-1, at).mean(-2)
    cosines = angles.basis(keys, by_distance)[_cosine_rows(angles, keys)]
    explained = n**2 * (by_distance @ cosines.mT).square().sum(-1)
    return ratio(explained, total)


def cross_entropy(logits: Tensor, answer: Tensor) -> Tensor:
    """Cross-entropy [...] of logits [..., p] at answers int64 [...], accurate for losses far below the float's ε."""
    index = answer.expand(logits.shape[:-1]).unsqueeze(-1)
    above = logits - logits.gather(-1, index)
    largest = above.amax(-1, keepdim=True)
    others = above.sub_(largest).exp_().scatter_(-1, index, 0.0).sum(-1)
    largest = largest.squeeze(-1)
    return torch.where(largest > 0, largest + (others + (-largest).exp()).log(), others.log1p())


def softmax_collapse(logits: Tensor) -> Tensor:
    """Share [...] of samples whose softmax sum is exactly 1 in the float of the logits [..., samples, p].

    Prieto et al. 2025 (arXiv:2501.04697), definition 1: beyond a gap of 16.6 in float32 no gradient is left.
    """
    powers = (logits - logits.amax(-1, keepdim=True)).exp_()
    return (powers.sum(-1) == 1).to(logits.dtype).mean(-1)


def gini(values: Tensor) -> Tensor:
    """Gini coefficient [...] of numbers ≥ 0 [..., N]: 0 when all are equal, 1 − 1/N for one alone; 0 when all are 0.

    Hurley and Rickard 2009 (arXiv:0811.4706), table I.
    """
    ordered = values.sort(-1).values.double()
    n = values.shape[-1]
    weight = (n - torch.arange(1, n + 1, dtype=torch.float64, device=values.device) + 0.5) / n
    total = ordered.sum(-1, keepdim=True)
    uneven = 1 - 2 * (ratio(ordered, total) * weight).sum(-1)
    return uneven.masked_fill(total.squeeze(-1) == 0, 0)


def _train_share(angles: Angles, train: Tensor) -> Tensor:
    """Share of the pairs with i + j = s that are trained on, float64 [n]."""
    chosen = angles.table(train).cpu().flatten()[angles.by_sum()]
    return chosen.view(angles.n, angles.n).double().mean(-1)


def _cosine_rows(angles: Angles, keys: Iterable[int]) -> list[int]:
    """Which rows of `Angles.basis(keys)` are cosines."""
    folded = sorted({angles.fold(k) for k in keys})
    return [2 * at for at in range(len(folded))]
