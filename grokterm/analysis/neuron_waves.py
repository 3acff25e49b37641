"""Neurons of the first layer by the wave that each reads from the residues."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from grokterm.analysis.decomposition import ratio
from grokterm.analysis.fourier import basis_of, fourier_power, over_basis
from grokterm.analysis.model_at_step import ModelAtStep
from grokterm.analysis.neurons import NeuronFrequencies, clocks
from grokterm.analysis.weights import matrices

WEAK: Final = 0.05
"""Share of the largest norm below which a neuron's weights are next to nothing."""


@dataclass(frozen=True, slots=True, eq=False)
class Waves:
    """What residues add to each neuron of the first layer, about its mean, in the order of the operation's basis."""

    values: Tensor
    """[2, width, n]: as a and as b; one [1, width, n] where both are the same."""
    residues: Tensor
    """int64 [n]: the residue at each place."""
    found: NeuronFrequencies
    """The frequency of each neuron, [width], and the share of its variance there."""
    words: str

    def order(self) -> Tensor:
        """Neurons by frequency, the best explained first within each, those with hardly any weight last; int64."""
        norms = self.values.square().sum((0, -1)).sqrt().nan_to_num()
        ordered = self.found.order()
        strong = norms[ordered] >= WEAK * norms.max()
        return torch.cat([ordered[strong], ordered[~strong]])


def waves(model: ModelAtStep) -> Waves:
    """The waves of all neurons of the first layer; over residues where the operation has no basis of its own."""
    config = model.config
    basis, words = basis_of(config.op, config.p)
    of_a, of_b = clocks(config, model.parameters)
    tables = torch.stack([of_a] if model.network.reads_alike else [of_a, of_b])
    places = torch.arange(config.p, device=tables.device)
    if basis == "none":
        words = "over residues; the operation itself has no frequencies"
    else:
        tables = over_basis(tables.mT, basis).mT
        places = over_basis(places.unsqueeze(-1), basis).squeeze(-1)
    tables = tables - tables.mean(-1, keepdim=True)
    return Waves(tables, places, _frequencies(tables), words)


def reference_model(model: ModelAtStep) -> ModelAtStep:
    """The model whose neurons say in what order they stand: the present one where it has the same neurons."""
    now = model.present
    if now is None or matrices(now.config, now.parameters).keys() != matrices(model.config, model.parameters).keys():
        return model
    same = (now.config.p, now.config.op, now.config.width) == (
        model.config.p,
        model.config.op,
        model.config.width,
    )
    return now if same else model


def wave_order(model: ModelAtStep) -> Tensor:
    """Neurons of the first layer by frequency, int64 [width]."""
    return waves(model).order()


def _frequencies(tables: Tensor) -> NeuronFrequencies:
    """The frequency that holds most of each neuron's variance over a and b together."""
    power = fourier_power(tables.double().nan_to_num().mT).sum(0).mT
    shares = ratio(power, power.sum(-1, keepdim=True))
    best = shares.max(-1)
    return NeuronFrequencies(torch.where(best.values > 0, best.indices + 1, 0), best.values)
