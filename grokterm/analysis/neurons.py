"""What the neurons compute over all pairs, and at which frequency (Nanda et al. 2023, section 4.3)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from grokterm.analysis.activations import Parameters, activations, grid_activations, neuron_layers
from grokterm.analysis.angles import Angles, Rows
from grokterm.analysis.decomposition import ratio
from grokterm.analysis.fourier import fourier_power
from grokterm.analysis.pairs import CHUNK
from grokterm.config import Config
from grokterm.lab.models import build

EXPLAINED: Final = 0.85
"""Share of its variance from which a neuron counts as explained by one frequency (Nanda et al.)."""


@dataclass(frozen=True, slots=True, eq=False)
class NeuronFrequencies:
    """The frequency of every neuron, each [..., width]."""

    frequency: Tensor
    """int64, k = 1 …; 0 for a neuron whose activation never changes."""
    share: Tensor
    """Share of its variance that this frequency explains, 0 to 1."""

    @property
    def explained(self) -> Tensor:
        """Share [...] of all neurons that one frequency explains to .85 or more."""
        return (self.share >= EXPLAINED).double().mean(-1)

    def order(self) -> Tensor:
        """Neurons sorted by frequency, the best explained first within each: int64 [width], for one model."""
        by_share = self.share.sort(descending=True, stable=True).indices
        return by_share[self.frequency[by_share].sort(stable=True).indices]

    def groups(self) -> dict[int, Tensor]:
        """Explained neurons by frequency, the best explained first: int64 [count] each, for one model."""
        ordered = self.order()
        kept = ordered[self.share[ordered] >= EXPLAINED]
        found = self.frequency[kept]
        return {k: kept[found == k] for k in sorted(set(found.tolist()))}


def neuron_rows(config: Config, parameters: Parameters, angles: Angles, layer: str | None = None) -> Rows:
    """Activations by rows of the rearranged table, [..., rows, n, width]; the last layer of neurons if not named."""
    name = layer or neuron_layers(config)[-1]
    device = next(iter(parameters.values())).device
    a, b = angles.a.to(device), angles.b.to(device)
    return lambda start, stop: grid_activations(config, parameters, a[start:stop], b, name)


def frequency_shares(rows: Rows, angles: Angles, width: int) -> Tensor:
    """Share of each neuron's centred two-dimensional Fourier variance at k = 1 … n//2, float64 [..., width, n//2].

    A frequency's share is that of all products of 1, cos and sin of w_k i with 1, cos and sin of w_k j, without 1·1
    (section 4.3). They are the transforms of the sums along i, j, i + j and i − j: no table is transformed whole.
    """
    n = angles.n
    along: list[Tensor] = []
    square = torch.zeros(())
    for start, stop in angles.chunks(width):
        part = rows(start, stop)
        if not along:
            along = [part.new_zeros((*part.shape[:-3], n, width)) for _ in range(4)]
            square = part.new_zeros((*part.shape[:-3], width), dtype=torch.float64)
        of_i, of_j, of_sum, of_difference = along
        of_i[..., start:stop, :] = part.sum(-2)
        of_j += part.sum(-3)
        square += part.square().sum(-2).double().sum(-2)
        by_sum, by_difference = _along_diagonals(part)
        of_sum += by_sum.roll(start, -2)
        of_difference += by_difference.roll(-start, -2)
    sums = torch.stack(along).double() / math.sqrt(n)
    variance = square - sums[0].sum(-2).square() / n
    power = fourier_power(sums)
    if n % 2 == 0:
        power[2:, ..., -1, :] /= 2  # at n/2 the angles i + j and i − j are the same
    rounding = 64 * torch.finfo(along[0].dtype).eps * square
    return ratio(power.sum(0), variance.masked_fill(variance <= rounding, 0).unsqueeze(-2)).mT


def _along_diagonals(part: Tensor) -> tuple[Tensor, Tensor]:
    """Sums of at most n rows [..., i, j, width] over the pairs with the same j + i and j − i mod n: [..., n, width]."""
    # Columns stand there twice, so that diagonals are rows of another stride, summed in order on every device.
    rows, n, width = part.shape[-3:]
    twice = torch.cat([part, part], -2)
    shape, down = (*part.shape[:-3], rows, n, width), twice.stride(-3)
    before = twice.stride()[:-3]
    of_sum = twice.as_strided(shape, (*before, down - width, width, 1), n * width)
    of_difference = twice.as_strided(shape, (*before, down + width, width, 1))
    return of_sum.sum(-3), of_difference.sum(-3)


def neuron_frequencies(shares: Tensor) -> NeuronFrequencies:
    """The best frequency of every neuron from `frequency_shares` [..., width, n//2]."""
    best = shares.max(-1)
    return NeuronFrequencies(torch.where(best.values > 0, best.indices + 1, 0), best.values)


def activation_maps(
    config: Config, parameters: Parameters, neurons: Tensor, layer: str | None = None, residues: Tensor | None = None
) -> Tensor:
    """Activations [..., neurons, n, n] of chosen neurons (int64) over all pairs of residues, indexed [a, b].

    `residues`, int64 [n], are those along both axes; all p in order where they are not given.
    """
    layers = neuron_layers(config)
    name = layer or layers[-1]
    b = torch.arange(config.p, device=neurons.device) if residues is None else residues
    count = len(b)
    chosen = build(config).only_neurons(parameters, neurons, layers.index(name))
    features = config.width if chosen is None else max(config.d_model, len(neurons))
    step = max(1, CHUNK // (count * features))
    parts = []
    for start in range(0, count, step):
        a = b[start : start + step]
        seen = activations(config, chosen or parameters, a.repeat_interleave(count), b.repeat(len(a)), last=name)[name]
        parts.append((seen if chosen else seen.index_select(-1, neurons)).mT)
    maps = torch.cat(parts, -1)
    return maps.view(*maps.shape[:-1], count, count)


def contribution(maps: Tensor, weights: Tensor, labels: Tensor) -> Tensor:
    """What each neuron adds to the correct logit over the mean logit, [..., neurons, p, p].

    maps are those of `activation_maps`, weights the neurons' rows [..., neurons, p] of `weights.neuron_logit_map`,
    labels int64 [p, p]; NaN where the operation is not defined (label −1).
    """
    above = (weights - weights.mean(-1, keepdim=True))[..., labels.clamp(min=0)]
    return torch.where(labels >= 0, maps * above, math.nan)


def clocks(config: Config, parameters: Parameters) -> tuple[Tensor, Tensor]:
    """What each residue as a and as b adds to each neuron of the first layer, [..., width, p] each.

    In a transformer it is what passes by attention, were it to look at that position alone.
    """
    of_a, of_b = build(config).neuron_inputs(parameters)
    return of_a.mT, of_b.mT
