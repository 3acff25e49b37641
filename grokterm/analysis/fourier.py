"""The Fourier basis over residues and over discrete logarithms (Nanda et al. 2023, arXiv:2301.05217, section 4.1)."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Final

import torch
from torch import Tensor
from torch.nn import functional

from grokterm.tasks.arithmetic import Basis, discrete_logarithms, is_prime
from grokterm.tasks.operations import group_order, rule_of

NO_BASIS: Final = "no invertible basis"


def fourier_basis(n: int, dtype: torch.dtype = torch.float64) -> Tensor:
    """Orthonormal rows [n, n]: the constant 1/√n, then c_k ∝ cos w_k x and s_k ∝ sin w_k x, w_k = 2πk/n, k = 1 ….

    Each frequency k ≤ n/2 stands for k and n − k together; for even n the last row is c_{n/2} alone.
    """
    k = torch.arange(1, n // 2 + 1, dtype=torch.int64)
    # k·x is reduced mod n in whole numbers, so that large products lose no digits of the angle.
    angle = (k[:, None] * torch.arange(n)[None, :] % n).to(torch.float64) * (2 * math.pi / n)
    pairs = torch.stack([angle.cos(), angle.sin()], dim=1).reshape(-1, n) * math.sqrt(2 / n)
    rows = torch.cat([torch.full((1, n), 1 / math.sqrt(n), dtype=torch.float64), pairs])[:n]
    if n % 2 == 0:
        rows[-1] /= math.sqrt(2)
    return rows.to(dtype)


def fourier_norms(rows: Tensor) -> Tensor:
    """Norm over d of the cos and sin components at k = 1 … n//2: rows [..., n, d] → [..., n//2].

    Components are those of `fourier_basis`, in float32 or wider.
    """
    norms: Tensor = torch.linalg.vector_norm(_components(rows).flatten(-2), dim=-1)
    return norms


def fourier_power(rows: Tensor) -> Tensor:
    """Squares of the cos and sin components of each column, added, at k = 1 … n//2: [..., n, d] → [..., n//2, d]."""
    return _components(rows).square_().sum(-2)


def _components(rows: Tensor) -> Tensor:
    """The cos and sin components of each column, [..., n//2, 2, d], in float32 or wider."""
    n = rows.shape[-2]
    wide = rows if rows.dtype == torch.float64 else rows.float()
    # A product, since a fast transform of a prime number of residues is slower up to 499 of them.
    components = _waves(n, wide.dtype, str(rows.device)) @ wide
    return components.view(*rows.shape[:-2], n // 2, 2, rows.shape[-1])


@lru_cache(maxsize=8)
def _waves(n: int, dtype: torch.dtype, device: str) -> Tensor:
    """Rows of `fourier_basis` without the constant, two a frequency: the last of an even n has zeros for its sine."""
    return functional.pad(fourier_basis(n, dtype)[1:], (0, 0, 0, 1 - n % 2)).to(device)


def basis_of(op: str, p: int) -> tuple[Basis, str]:
    """The invertible basis of the inputs in which an operation is a sum of angles, and its description; or 'none'.

    a² + b² is a sum of the angles of a² and b² too, but a² does not tell a from −a.
    """
    order = group_order(op, p)
    if order == p:
        return "residues", "over residues"
    if order is not None:
        return "discrete logarithms", f"over logarithms to base {discrete_logarithms(p)[1]}"
    if rule_of(op).order:
        return "none", f"{rule_of(op).shown} has no angles"
    if rule_of(op).sum is not None and not is_prime(p):
        return "none", f"{NO_BASIS}: residues mod {p} have no logarithms, {p} is not a prime"
    return "none", NO_BASIS


def over_basis(rows: Tensor, basis: Basis) -> Tensor:
    """A table over residues [..., p, d] as a table over the basis: unchanged, or [..., p − 1, d] over logarithms."""
    if basis == "discrete logarithms":
        order = torch.tensor(discrete_logarithms(rows.shape[-2]), device=rows.device)
        return rows.index_select(-2, order)
    return rows
