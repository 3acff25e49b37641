"""Linear probes: how well the angles of a pair can be read from each layer by a linear map."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from grokterm.analysis.activations import Parameters, activations
from grokterm.analysis.angles import Angles
from grokterm.analysis.cancellation import check_cancelled
from grokterm.analysis.decomposition import eigh, ratio
from grokterm.config import Config

PAIRS: Final = 4000
"""Pairs that a probe looks at, fitted on and judged on together."""


def angle_targets(angles: Angles, frequency: int, pairs: Tensor) -> Tensor:
    """cos and sin of w_k i, w_k j and w_k (i + j) at pairs i·n + j of the group, int64 [m]: float64 [m, 6].

    At n/2, where there is no sine, the cosine stands twice.
    """
    basis = angles.basis([frequency], torch.zeros((), dtype=torch.float64)).expand(2, -1)
    i, j = pairs // angles.n, pairs % angles.n
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
    most: int = PAIRS,
) -> dict[str, Tensor]:
    """R² by layer, [..., K, 3]: mean over cos and sin of w_k i, of w_k j and of w_k (i + j), at each frequency.

    With train, bool [p, p], probes are fitted on the train pairs and judged on the others. Where the group has more
    than `most` pairs, a seeded choice of them stands for all.
    """
    pairs = torch.randperm(angles.n**2, generator=torch.Generator().manual_seed(0))[:most].sort().values
    targets = torch.cat([angle_targets(angles, k, pairs) for k in keys] or [torch.zeros(len(pairs), 0)], -1)
    device = next(iter(parameters.values())).device
    a, b, targets = (x.to(device) for x in (angles.a[pairs // angles.n], angles.b[pairs % angles.n], targets))
    fit = None if train is None else angles.table(train.to(device)).flatten()[pairs.to(device)]
    found: dict[str, Tensor] = {}
    for name, features in activations(config, parameters, a, b).items():
        check_cancelled()
        r2 = r_squared(features, targets, fit)
        found[name] = r2.view(*r2.shape[:-1], len(keys), 3, -1).mean(-1) if keys else r2.new_zeros(0, 3)
    return found
