"""Linear probes: how well the angles of a pair can be read from each layer by a linear map."""

from __future__ import annotations

import torch
from torch import Tensor

from grokterm.analysis.activations import Parameters, activations
from grokterm.analysis.angles import Angles
from grokterm.analysis.decomposition import eigh, ratio
from grokterm.config import Config


def angle_targets(angles: Angles, frequency: int) -> Tensor:
    """cos and sin of w_k i, w_k j and w_k (i + j) over the group's pairs in order, float64 [n², 6]."""
    basis = angles.basis([frequency], torch.zeros((), dtype=torch.float64))
    i, j = torch.arange(angles.n).repeat_interleave(angles.n), torch.arange(angles.n).repeat(angles.n)
    return torch.cat([basis[:, at % angles.n].mT for at in (i, j, i + j)], -1)


def r_squared(features: Tensor, targets: Tensor, fit: Tensor | None = None) -> Tensor:
    """R² [..., t] of the least-squares map (with intercept) from features [..., m, d] to targets [m, t].

    With `fit`, bool [m], the map is fitted on those samples and judged on the others about their own mean; else both
    on all. Directions of the features below rounding are left out; a target that never changes gives 0.
    """
    x, y = features.double(), targets.double()
    known = torch.ones(len(y), dtype=torch.bool, device=y.device) if fit is None else fit
    judged = known if fit is None else ~fit
    x_mean, y_mean = x[..., known, :].mean(-2, keepdim=True), y[known].mean(0)
    centred = x[..., known, :] - x_mean
    values, vectors = eigh(centred.mT @ centred)
    # Squared singular values: below this, single-precision features hold nothing but rounding.
    floor = values.amax(-1, keepdim=True) * max(centred.shape[-2:]) * torch.finfo(features.dtype).eps ** 2
    inverse = ratio(torch.ones_like(values), values.masked_fill(values <= floor, 0))
    moment = centred.mT @ (y[known] - y_mean)
    weights = vectors @ (inverse.unsqueeze(-1) * (vectors.mT @ moment))
    left = y[judged] - y_mean - (x[..., judged, :] - x_mean) @ weights
    total = (y[judged] - y[judged].mean(0)).square().sum(0)
    return (1 - ratio(left.square().sum(-2), total)).masked_fill(total == 0, 0)


def probes(
    config: Config,
    parameters: Parameters,
    angles: Angles,
    keys: tuple[int, ...],
    train: Tensor | None = None,
) -> dict[str, Tensor]:
    """R² by layer, [..., K, 3]: mean over cos and sin of w_k i, of w_k j and of w_k (i + j), at each frequency.

    With train, bool [p, p], probes are fitted on the train pairs and judged on the others.
    """
    targets = torch.cat([angle_targets(angles, k) for k in keys], -1) if keys else torch.zeros(angles.n**2, 0)
    a, b = angles.pairs()
    fit = None if train is None else angles.table(train).flatten()
    found: dict[str, Tensor] = {}
    for name, features in activations(config, parameters, a, b).items():
        r2 = r_squared(features, targets.to(features.device), fit)
        found[name] = r2.view(*r2.shape[:-1], len(keys), 3, -1).mean(-1) if keys else r2.new_zeros(0, 3)
    return found
