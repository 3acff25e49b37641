"""The Fourier spectrum of a model's first layer or embedding."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import torch
from torch import Tensor

from grokterm.analysis.fourier import Basis, basis_of, fourier_norms, over_basis
from grokterm.config import Config


class HasFirstLayer(Protocol):
    """A model that can name the tables its first layer reads residues from."""

    def first_layer(self, parameters: dict[str, Tensor]) -> list[Tensor]:
        """One table [..., p, features] for each input position that has its own."""


def spectrum(
    model: HasFirstLayer, parameters: Mapping[str, Tensor], config: Config
) -> tuple[Tensor, Basis, str]:
    """Norms at k = 1 … over all tables and features together [..., frequencies], their basis, and words for them.

    Norms are float32 on the CPU, and empty where the operation has no basis.
    """
    basis, words = basis_of(config.op, config.p)
    if basis == "none":
        return torch.zeros(0), basis, words
    with torch.no_grad():
        tables = model.first_layer(dict(parameters))
        norms = fourier_norms(torch.cat([over_basis(table, basis) for table in tables], dim=-1))
    layer = "first layer" if config.arch == "mlp" else "embedding"
    return norms.float().cpu(), basis, f"{layer}, {words}"


def columns(config: Config) -> int:
    """Number of features behind each norm of `spectrum`: those of all tables together."""
    return {"mlp": 2 * config.width, "embed-mlp": 2 * config.d_model, "transformer": config.d_model}[config.arch]
