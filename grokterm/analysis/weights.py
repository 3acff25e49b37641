"""The weights themselves: matrices by name, the neuron-logit map, and the path of all weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from grokterm.analysis.activations import Parameters
from grokterm.analysis.cancellation import check_cancelled
from grokterm.analysis.decomposition import eigh, ratio
from grokterm.config import Config
from grokterm.lab.models import build, build_any

_AT_ONCE: Final = 2**16
"""Weights of each checkpoint that are compared at once."""
_SMALL: Final = 0.1
"""Of the largest singular value: what is not above it does not count for the rank."""


def matrices(config: Config, parameters: Parameters) -> dict[str, Tensor]:
    """Every weight matrix by name, [..., rows, columns]; biases and LayerNorms are left out."""
    shapes = build_any(config).shapes()
    return {name: parameters[name] for name, shape in shapes.items() if len(shape) == 2}


def neuron_logit_map(config: Config, parameters: Parameters) -> Tensor:
    """W_L [..., width, p]: from the last neurons to the logits, as `Model.neuron_logit_map` says."""
    return build(config).neuron_logit_map(parameters)


def downsampled(matrix: Tensor, rows: int, columns: int) -> Tensor:
    """A matrix [..., m, n] in at most rows × columns blocks, each holding its number of largest magnitude."""
    size = (min(rows, matrix.shape[-2]), min(columns, matrix.shape[-1]))
    flat = matrix.reshape(1, -1, *matrix.shape[-2:])
    high = functional.adaptive_max_pool2d(flat, size)
    low = -functional.adaptive_max_pool2d(-flat, size)
    return torch.where(high >= -low, high, low).view(*matrix.shape[:-2], *size)


def flatten_parameters(config: Config, parameters: Parameters) -> Tensor:
    """All weights of one model as one vector [size], in the order of its shapes."""
    return torch.cat([parameters[name].flatten() for name in build_any(config).shapes()])


@dataclass(frozen=True, slots=True, eq=False)
class Path:
    """A run as a path in the plane of the first two principal components of its weights."""

    points: Tensor
    """[checkpoints, 2], about their mean; each axis points to where the run ended."""
    explained: Tensor
    """Share of the variance of all checkpoints along the two axes, [2]."""


def path(checkpoints: Sequence[Tensor]) -> Path:
    """The path of flat checkpoints [size] each, in order; zeros where all are the same."""
    # Checkpoints are few and weights many: the components follow from the small matrix of inner products.
    products = torch.zeros(len(checkpoints), len(checkpoints), dtype=torch.float64, device=checkpoints[0].device)
    for start in range(0, len(checkpoints[0]), _AT_ONCE):
        check_cancelled()
        weights = torch.stack([c[start : start + _AT_ONCE] for c in checkpoints]).double()
        centred = weights - weights.mean(0)
        products += centred @ centred.mT
    values, vectors = eigh(products)
    count = min(2, len(checkpoints))
    values, vectors = values.flip(0)[:count].clamp(min=0), vectors.flip(1)[:, :count]
    points = vectors * values.sqrt()
    points = points * torch.where(points[-1] < 0, -1.0, 1.0)
    explained = ratio(values, products.diagonal().sum())
    return Path(functional.pad(points, (0, 2 - count)), functional.pad(explained, (0, 2 - count)))


def effective_rank(matrix: Tensor) -> Tensor:
    """How many singular values of a matrix [n, m] are above a tenth of its largest; NaN where one is not finite."""
    wide = matrix.double() if matrix.shape[0] <= matrix.shape[1] else matrix.double().mT
    products = wide @ wide.mT
    if not products.isfinite().all():
        return products.new_full((), float("nan"))
    squares = torch.linalg.eigvalsh(products)
    rank: Tensor = (squares > _SMALL**2 * squares[-1]).sum().double()
    return rank
