"""The geometry of an embedding: its circles, one a key frequency, and its principal components."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from grokterm.analysis.angles import Angles
from grokterm.analysis.decomposition import ratio, svd


@dataclass(frozen=True, slots=True, eq=False)
class Waves:
    """The sine and cosine parts of an embedding [..., n, d] over angles at K frequencies (Nanda et al. 2023, 4.1)."""

    frequencies: tuple[int, ...]
    cosine: Tensor
    """Σ_i c_k(i) E_i, [..., K, d]; c_k of unit norm."""
    sine: Tensor
    """Σ_i s_k(i) E_i, [..., K, d]; 0 at n/2, where there is no sine."""

    @property
    def norms(self) -> Tensor:
        """Norms of both parts, [..., K, 2]: nearly equal where the embedding is a circle."""
        return torch.stack([self.cosine.norm(dim=-1), self.sine.norm(dim=-1)], -1)

    @property
    def cosine_between(self) -> Tensor:
        """Cosine of the angle between both parts, [..., K]: near 0 where the embedding is a circle; 0 for no part."""
        return ratio((self.cosine * self.sine).sum(-1), self.norms.prod(-1))


def waves(embedding: Tensor, angles: Angles, keys: Iterable[int]) -> Waves:
    """The parts of an embedding [..., n, d] over angles (`fourier.over_basis`) at frequencies, ascending."""
    folded = tuple(sorted({angles.fold(k) for k in keys}))
    parts = [angles.basis([k], embedding) @ embedding for k in folded]
    cosine = [part[..., 0, :] for part in parts]
    sine = [part[..., 1, :] if part.shape[-2] == 2 else torch.zeros_like(part[..., 0, :]) for part in parts]
    empty = embedding.new_zeros(*embedding.shape[:-2], 0, embedding.shape[-1])
    return Waves(
        folded,
        torch.stack(cosine, -2) if parts else empty,
        torch.stack(sine, -2) if parts else empty,
    )


def circles(embedding: Tensor, angles: Angles, keys: Iterable[int]) -> Tensor:
    """Coordinates [..., K, n, 2] of every residue in the plane of each frequency's cosine and sine parts.

    The first axis lies along the cosine part, so angle 0 is on its positive side and residues go round anticlockwise.
    """
    found = waves(embedding, angles, keys)
    first = _unit(found.cosine)
    across = found.sine - (found.sine * first).sum(-1, keepdim=True) * first
    flat = across.norm(dim=-1) <= 1e-6 * found.sine.norm(dim=-1)
    second = _unit(across.masked_fill(flat.unsqueeze(-1), 0))
    axes = torch.stack([first, second], -1)
    centred = embedding - embedding.mean(-2, keepdim=True)
    return centred.unsqueeze(-3) @ axes


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """Principal components of an embedding."""

    axes: Tensor
    """Unit directions [..., d, count], the largest variance first."""
    points: Tensor
    """The embedding along them about its mean, [..., n, count]."""
    explained: Tensor
    """Share of the variance along each axis, [..., count]; 0 without any variance."""


def components(embedding: Tensor, count: int = 2, axes: Tensor | None = None) -> Components:
    """The first principal components of an embedding [..., n, d], or its projection on given axes [..., d, count].

    The sign of an axis is that which makes its coefficient of largest magnitude positive. Given axes, those of the
    last step for one, show a circle come out of the noise in one fixed frame.
    """
    centred = (embedding - embedding.mean(-2, keepdim=True)).double()
    if axes is None:
        axes = svd(centred)[2][..., :count, :].mT
        largest = axes.gather(-2, axes.abs().argmax(-2, keepdim=True))
        axes = axes * torch.where(largest < 0, -1.0, 1.0)
    points = centred @ axes.double()
    total = centred.square().sum((-2, -1)).unsqueeze(-1)
    return Components(axes, points, ratio(points.square().sum(-2), total))


def explained_variance(embedding: Tensor) -> Tensor:
    """Share of the variance of an embedding [..., n, d] along each principal component, [..., min(n, d)], falling."""
    centred = (embedding - embedding.mean(-2, keepdim=True)).double()
    squares = svd(centred)[1].square()
    return ratio(squares, squares.sum(-1, keepdim=True))


def _unit(vectors: Tensor) -> Tensor:
    return ratio(vectors, vectors.norm(dim=-1, keepdim=True))
