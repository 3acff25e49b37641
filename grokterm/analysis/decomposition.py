"""Singular values and eigenvectors that survive weights which are not finite.

They are taken by one thread: in matrices of a few hundred rows others mostly wait, and asleep they take long to wake.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

from grokterm.lab.native import torch_on_one_thread


def svd(matrix: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """U, S, Vh of matrices [..., m, n], reduced; NaN for a matrix that is not finite."""
    finite = matrix.isfinite().all(-1).all(-1)
    with torch_on_one_thread():
        u, s, vh = torch.linalg.svd(matrix.masked_fill(~finite[..., None, None], 0), full_matrices=False)
    lost = ~finite[..., None, None]
    return u.masked_fill(lost, math.nan), s.masked_fill(~finite[..., None], math.nan), vh.masked_fill(lost, math.nan)


def eigh(matrix: Tensor) -> tuple[Tensor, Tensor]:
    """Eigenvalues, rising, and eigenvectors of symmetric matrices [..., n, n]; NaN for one that is not finite."""
    finite = matrix.isfinite().all(-1).all(-1)
    with torch_on_one_thread():
        values, vectors = torch.linalg.eigh(matrix.masked_fill(~finite[..., None, None], 0))
    return values.masked_fill(~finite[..., None], math.nan), vectors.masked_fill(~finite[..., None, None], math.nan)


def ratio(part: Tensor, whole: Tensor) -> Tensor:
    """part / whole, and 0 where the whole is 0 or less by rounding; NaN stays NaN."""
    nothing = whole <= 0
    return (part / whole.masked_fill(nothing, 1)).masked_fill(nothing, 0)
