"""Pictures of the neurons: their clocks, what they compute over all pairs, and their groups."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from grokterm.analysis.activations import neuron_layers
from grokterm.analysis.fourier import basis_of, over_basis
from grokterm.analysis.model_at_step import ModelAtStep
from grokterm.analysis.neuron_waves import reference_model, waves
from grokterm.analysis.neurons import (
    EXPLAINED,
    NeuronFrequencies,
    activation_maps,
    contribution,
    frequency_shares,
    neuron_frequencies,
    neuron_rows,
)
from grokterm.analysis.pictures.axes import axis_residues
from grokterm.analysis.pictures.picture import Chosen, Make, pick, picture_of
from grokterm.analysis.weights import neuron_logit_map
from grokterm.picture import Picture

MAX_NUMBERS: Final = 200_000
"""Numbers in one picture at most: enough for all pairs mod 113 and as many neurons as a large screen holds."""
MAX_NEURONS: Final = 32
"""Neurons in one picture at most."""
DEFAULT_NEURONS: Final = 12
"""Neurons in one picture where nobody says how many fit."""


def neuron_clocks(model: ModelAtStep, chosen: Chosen) -> Picture:
    """`values` [neurons, 2 or 1, n]: what each residue as a and as b adds to neurons of the first layer, a page.

    `neuron`, `frequency` and `share` [neurons]; `residues` [n] at the places 0 … n − 1; `total` [1] neurons in all.
    Neurons stand by frequency, those of the present model for one of the past; weights are about their mean.
    """
    now = waves(reference_model(model))
    mine = waves(model)
    order, count = now.order(), _count(chosen)
    page = pick(chosen, "page", -(-len(order) // count))
    neurons = order[page * count : (page + 1) * count]
    return picture_of(
        {
            "values": mine.values[:, neurons].transpose(0, 1),
            "neuron": neurons,
            "frequency": now.found.frequency[neurons],
            "share": mine.found.share[neurons],
            "residues": mine.residues,
            "total": torch.tensor([len(order)]),
        },
        summary=mine.words,
    )


def neuron_activations(model: ModelAtStep, chosen: Chosen) -> Picture:
    """`maps` [neurons, side, side] of activations over pairs (a, b), and their neurons as in `clocks`.

    The neurons of the last layer by frequency, from the chosen one on (Nanda et al. 2023, section 4.1). Residues
    stand as in `axes.axis_residues`: in the order of the operation's basis.
    """
    neurons, found, total = _from(model, chosen, _count(chosen))
    side = min(model.config.p, math.isqrt(MAX_NUMBERS // max(len(neurons), 1)))
    residues, axes = axis_residues(model, side)
    maps = activation_maps(model.config, model.parameters, neurons, residues=residues)
    return picture_of({"maps": maps, **_named(found, neurons, total)}, {"axes": axes}, _layer(model))


def neuron_contribution(model: ModelAtStep, chosen: Chosen) -> Picture:
    """What one chosen neuron adds to the correct logit over the mean logit: `maps` [2, side, side], and as above.

    The first map is its activation, the second what it adds. `weights` [n] are its row of the neuron-logit map about
    the mean, by class in the order of the operation's basis; `adds` [1] is the mean of what it adds over pairs shown.
    """
    neurons, found, total = _from(model, chosen, 1)
    config = model.config
    side = min(config.p, math.isqrt(MAX_NUMBERS // 2))
    residues, axes = axis_residues(model, side)
    maps = activation_maps(config, model.parameters, neurons, residues=residues)
    weights = neuron_logit_map(config, model.parameters).index_select(-2, neurons)
    added = contribution(maps, weights, model.labels[residues][:, residues])
    known = added[added.isfinite()]
    mean = known.mean() if known.numel() else torch.tensor(math.nan)
    arrays = {
        "maps": torch.cat([maps, added]),
        "weights": _over_basis(model, (weights - weights.mean(-1, keepdim=True)).squeeze(-2)),
        "adds": mean.unsqueeze(0),
    }
    passed = "; the LayerNorm behind it is passed over" if model.network.normalizes_output else ""
    return picture_of({**arrays, **_named(found, neurons, total)}, {"axes": axes}, _layer(model) + passed)


def neuron_groups(model: ModelAtStep, chosen: Chosen) -> Picture:
    """Neurons of the last layer by their best frequency: `frequency`, `explained`, `others`, `share` [groups].

    `explained` counts those of which it explains .85 of the variance or more (Nanda et al. 2023, section 4.3),
    `others` those of which it explains less, `share` is the mean of that over both; `silent` [1] never change.
    """
    found = _frequencies(model)
    frequency, share = found.frequency, found.share
    named = torch.tensor(sorted(set(frequency.tolist()) - {0}), device=frequency.device)
    members = frequency == named[:, None]
    good = members & (share >= EXPLAINED)
    arrays = {
        "frequency": named,
        "explained": good.sum(-1),
        "others": (members & ~good).sum(-1),
        "share": (members * share.nan_to_num()).sum(-1) / members.sum(-1).clamp(min=1),
        "silent": (frequency == 0).sum().unsqueeze(0),
        "total": torch.tensor([len(frequency)]),
    }
    return picture_of(arrays, summary=_layer(model))


def _count(chosen: Chosen) -> int:
    return min(max(chosen.get("count", DEFAULT_NEURONS), 1), MAX_NEURONS)


def _frequencies(model: ModelAtStep) -> NeuronFrequencies:
    """The frequencies of the last layer's neurons over all pairs; raises UndefinedError without a basis."""
    angles = model.angles
    rows = neuron_rows(model.config, model.parameters, angles)
    return neuron_frequencies(frequency_shares(rows, angles, model.config.width).nan_to_num())


def _from(model: ModelAtStep, chosen: Chosen, count: int) -> tuple[Tensor, NeuronFrequencies, int]:
    """Neurons from the chosen one on, by frequency, the silent ones last; all of them where there is no basis."""
    if basis_of(model.config.op, model.config.p)[0] == "none":
        width, nothing = model.config.width, torch.zeros(model.config.width)
        found, order = NeuronFrequencies(nothing.long(), nothing), torch.arange(width)
    else:
        found = _frequencies(reference_model(model))
        order = found.order()
        order = torch.cat([order[found.frequency[order] > 0], order[found.frequency[order] == 0]])
    first = pick(chosen, "neuron", len(order))
    return order[first : first + count], found, len(order)


def _over_basis(model: ModelAtStep, by_class: Tensor) -> Tensor:
    basis, _ = basis_of(model.config.op, model.config.p)
    return by_class if basis == "none" else over_basis(by_class.unsqueeze(-1), basis).squeeze(-1)


def _named(found: NeuronFrequencies, neurons: Tensor, total: int) -> dict[str, Tensor]:
    return {
        "neuron": neurons,
        "frequency": found.frequency[neurons],
        "share": found.share[neurons],
        "total": torch.tensor([total]),
    }


def _layer(model: ModelAtStep) -> str:
    layers = neuron_layers(model.config)
    basis, words = basis_of(model.config.op, model.config.p)
    where = "" if len(layers) == 1 else f"layer {len(layers)} of {len(layers)}, "
    return where + ("the operation has no frequencies" if basis == "none" else f"frequencies {words}")


PICTURES: Final[Mapping[str, Make]] = {
    "clocks": neuron_clocks,
    "activations": neuron_activations,
    "contribution": neuron_contribution,
    "groups": neuron_groups,
}
"""What makes each picture of the neurons."""
