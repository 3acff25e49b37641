"""The logits of all pairs as pictures: spectrum, one class, and the correct class."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from grokterm.analysis.angles import Angles, Rows
from grokterm.analysis.fourier import fourier_basis
from grokterm.analysis.measures import restricted_logits
from grokterm.analysis.pairs import LogitsFn, map_pairs


def likeliest_classes(logits_fn: LogitsFn, p: int, device: torch.device) -> tuple[Tensor, Tensor]:
    """The class of the largest logit, int64 [p, p], and its probability, float32 [p, p], both on the CPU."""

    def reduce(logits: Tensor, _: Tensor) -> Tensor:
        best = logits.softmax(-1).max(-1)
        return torch.stack([best.indices.to(best.values.dtype), best.values])

    classes, probabilities = map_pairs(logits_fn, p, reduce, device).cpu()
    return classes.long(), probabilities.float()


def correct_logits(logits_fn: LogitsFn, labels: Tensor) -> Tensor:
    """The logit of the right answer for every pair, [..., p, p]; labels int64 [p, p], NaN where one is −1."""
    wanted = labels.flatten()

    def reduce(logits: Tensor, pairs: Tensor) -> Tensor:
        index = wanted[pairs].clamp(min=0).expand(logits.shape[:-1]).unsqueeze(-1)
        return logits.gather(-1, index).squeeze(-1).masked_fill(wanted[pairs] < 0, math.nan)

    return map_pairs(logits_fn, len(labels), reduce, labels.device)


def class_logits(logits_fn: LogitsFn, p: int, which: int, device: torch.device) -> Tensor:
    """The logit of one output class for every pair, [..., p, p]."""
    return map_pairs(logits_fn, p, lambda logits, _: logits[..., which], device)


def restricted_class_logits(mean: Tensor, angles: Angles, keys: tuple[int, ...], which: int) -> Tensor:
    """The restricted logit of one output class for every pair of residues, [..., p, p]; NaN outside the group.

    mean [..., n, p] is that of `measures.angle_means`.
    """
    by_angle = restricted_logits(mean, angles, keys)[..., which]
    padded = torch.cat([by_angle, torch.full_like(by_angle[..., :1], math.nan)], -1)
    return padded[..., angles.lookup().to(mean.device)]


def logit_spectrum(rows: Rows, angles: Angles, classes: Tensor | None = None) -> Tensor:
    """Norm over classes of the logits' two-dimensional Fourier components, [..., n, n] (Nanda et al. 2023, 4.1).

    Rows and columns are the basis of `fourier.fourier_basis` over i and over j: 1, c_1, s_1, c_2, … Its cost grows
    with n³ for each class: a few `classes`, int64, tell the same for a large p.
    """
    parts = [rows(start, stop) for start, stop in angles.chunks(angles.p)]
    logits = torch.cat(parts if classes is None else [part.index_select(-1, classes) for part in parts], -3)
    basis = fourier_basis(angles.n, logits.dtype).to(logits.device)
    along_i = (basis @ logits.flatten(-2)).view(logits.shape)
    return (basis @ along_i).square().sum(-1).sqrt()


def by_frequency(spectrum: Tensor) -> Tensor:
    """A spectrum [..., n, n] with the cosines and sines of each frequency taken together, [..., n//2 + 1, n//2 + 1]."""
    n = spectrum.shape[-1]
    frequency = (torch.arange(n, device=spectrum.device) + 1) // 2
    square = spectrum.square()
    count = n // 2 + 1
    for dim in (-1, -2):
        shape = list(square.shape)
        shape[dim] = count
        square = square.new_zeros(shape).index_add_(square.ndim + dim, frequency, square)
    return square.sqrt()
