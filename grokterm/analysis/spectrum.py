"""The Fourier spectrum of a model's first layer or embedding."""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor

from grokterm.analysis.activations import Parameters
from grokterm.analysis.fourier import basis_of, fourier_norms, fourier_power, over_basis
from grokterm.analysis.harmonics import GroupAngles, component_norms, harmonics_of
from grokterm.analysis.neurons import EXPLAINED
from grokterm.config import Config
from grokterm.lab.models import build_any
from grokterm.tasks.arithmetic import Basis


class HasFirstLayer(Protocol):
    """A model that can name the tables its first layer reads residues from."""

    def input_tables(self, parameters: dict[str, Tensor]) -> list[Tensor]:
        """One table [..., p, features] for each input position that has its own."""


def spectrum(model: HasFirstLayer, parameters: Parameters, config: Config) -> tuple[Tensor, Basis, str]:
    """Norms at k = 1 … over all tables and features together [..., frequencies], their basis, and its description.

    In a group k counts its representations. Norms are float32 on the CPU, and empty where the operation has no basis.
    """
    basis, words = spectral_basis(config)
    if basis == "none":
        return torch.zeros(0), basis, words
    with torch.no_grad():
        of_tables = [table_norms(config, table) for table in model.input_tables(dict(parameters))]
        norms = of_tables[0] if len(of_tables) == 1 else torch.linalg.vector_norm(torch.stack(of_tables), dim=0)
    return norms.float().cpu(), basis, f"{config.architecture.embedding_words}, {words}"


def spectral_basis(config: Config) -> tuple[Basis, str]:
    """Over what the spectrum of an operation is taken, representations of a group among them, and its description."""
    if config.of_points:
        return "none", f"{config.task_words} has no frequencies"
    harmonics = harmonics_of(config.op, config.p)
    if isinstance(harmonics, GroupAngles):
        return "representations", f"over representations of {harmonics.group.shown}"
    return basis_of(config.op, config.p)


def table_norms(config: Config, rows: Tensor) -> Tensor:
    """Norms of a table [..., p, d] at every frequency or representation; `config` is one that has them."""
    harmonics = harmonics_of(config.op, config.p)
    if isinstance(harmonics, GroupAngles):
        return component_norms(rows, harmonics)
    return fourier_norms(over_basis(rows, basis_of(config.op, config.p)[0]))


def weight_vector_shares(model: HasFirstLayer, parameters: Parameters, config: Config) -> Tensor | None:
    """Shares of variance of the first layer's weight vectors at each frequency, [frequencies, vectors].

    A vector that is zero or not finite has none. None without a basis, and for embeddings, whose dimensions are no
    neurons.
    """
    basis, _ = basis_of(config.op, config.p)
    if basis == "none" or not config.architecture.one_hot:
        return None
    with torch.no_grad():
        tables = model.input_tables(dict(parameters))
        power = torch.cat([fourier_power(over_basis(table, basis)) for table in tables], dim=-1)
        return (power / power.sum(-2, keepdim=True)).nan_to_num(0.0)


def single_frequency_share(shares: Tensor) -> float:
    """Share of the vectors with `EXPLAINED` of their variance at one frequency, 0 to 1, of `weight_vector_shares`.

    The threshold is that of Nanda et al. 2023 (arXiv:2301.05217, section 4.3) for neurons.
    """
    return float((shares.amax(-2) > EXPLAINED).float().mean())


def at_own_peaks(shares: Tensor) -> Tensor:
    """`weight_vector_shares` by distance from each vector's strongest frequency, their mean over vectors [frequencies].

    The peaks are at `[frequencies] // 2`, and distances go round at the ends; float32 on the CPU. Of vectors of one
    wave each it is 1 at the peak.
    """
    count = shares.shape[-2]
    at = (shares.argmax(-2) + torch.arange(count, device=shares.device)[:, None] - count // 2) % count
    return shares.gather(-2, at).mean(-1).float().cpu()


def feature_count(config: Config) -> int:
    """Number of features behind each norm of `spectrum`: those of all tables together."""
    model = build_any(config)
    shapes = model.shapes()
    return sum(shapes[name][-1] * model.tables_in(name) for name in model.embeddings)
