"""Pictures of the logits: one class restricted to the key frequencies, the correct class, the losses of all pairs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from grokterm.analysis.activations import activations
from grokterm.analysis.decomposition import ratio
from grokterm.analysis.logits import class_logits, correct_logits, restricted_class_logits
from grokterm.analysis.measures import cross_entropy
from grokterm.analysis.model_at_step import ModelAtStep
from grokterm.analysis.pairs import LogitsFn, pair_chunks
from grokterm.analysis.pictures.axes import axis_residues
from grokterm.analysis.pictures.picture import Chosen, Make, pick, picture_of
from grokterm.analysis.spectrum import spectral_basis
from grokterm.picture import Picture

SIDE: Final = 190
"""Residues of a map shown at most, from 0 on."""
QUANTILES: Final = 100
"""Rows of the image of all losses."""
SAMPLE: Final = 1_000
"""Pairs whose losses stand for all, where there are more."""


def restricted(model: ModelAtStep, chosen: Chosen) -> Picture:
    """Logits of one chosen class over pairs: `full` and `restricted` to the key frequencies, [side, side] each.

    Both about the class's mean (Nanda et al. 2023, section 5.1); `explained` [1] is the share of the variance of
    `full` that the restricted ones explain over all pairs, `keys` the frequencies. Residues are in the order of
    `axes.axis_residues`.
    """
    p, angles, keys = model.config.p, model.harmonics, model.frequencies
    full = class_logits(_one_class(model, pick(chosen, "class", p)), p, 0, model.labels.device)
    total = torch.zeros(angles.n, dtype=torch.float64, device=full.device)
    total.index_add_(0, angles.sums().flatten().to(full.device), angles.table(full).double().flatten())
    only = restricted_class_logits((total / angles.n).unsqueeze(-1), angles, keys, 0)
    inside = only.isfinite()
    centre = full[inside].double().mean()
    full, only = full.double() - centre, only - centre
    left = (full - only)[inside].square().sum()
    explained = 1 - ratio(left, full[inside].square().sum())
    residues, axes = axis_residues(model, SIDE)
    return picture_of(
        {
            "full": full[residues][:, residues],
            "restricted": only[residues][:, residues],
            "explained": explained.unsqueeze(0),
            "keys": torch.tensor(sorted(keys)),
        },
        {"axes": axes},
        f"{model.frequency_words}; {spectral_basis(model.config)[1]}",
    )


def correct_logit(model: ModelAtStep, chosen: Chosen) -> Picture:
    """The logit of the right answer for every pair, `values` [side, side]; NaN where the operation is not defined.

    Of more residues than a screen shows it takes every `stride`-th along each axis, [1].
    """
    p = model.config.p
    stride = -(-p // SIDE)
    at = torch.arange(0, p, stride, device=model.labels.device)
    labels = model.labels[at][:, at]
    values = correct_logits(lambda a, b: model.logits_fn(at[a], at[b]), labels)
    return picture_of({"values": values, "stride": torch.tensor([stride])})


def losses(model: ModelAtStep, chosen: Chosen) -> Picture:
    """The loss of every pair over training, sorted: `train` and `test` [quantiles, steps] in nats, rising; `steps`.

    The last step is now. Of more than 1,000 pairs of a set a seeded choice stands for all.
    """
    models = [*model.earlier(), model]
    groups = {"train": model.train, "test": ~model.train}
    arrays: dict[str, Tensor] = {"steps": torch.tensor([one.step for one in models])}
    for name, belongs in groups.items():
        pairs = _sample((belongs & (model.labels >= 0)).flatten().nonzero().squeeze(-1))
        columns = [_quantiles(_losses(one, pairs)) for one in models]
        arrays[name] = torch.stack(columns, -1)
    return picture_of(arrays, summary="" if len(models) > 1 else "the first checkpoints are still to come")


def _one_class(model: ModelAtStep, which: int) -> LogitsFn:
    """Answers with the logit of one class alone, [m, 1]."""
    only = torch.tensor([which], device=model.labels.device)
    parameters = model.network.only_classes(model.parameters, only)
    return lambda a, b: activations(model.config, parameters, a, b)["logits"]


def _sample(pairs: Tensor) -> Tensor:
    if len(pairs) <= SAMPLE:
        return pairs
    chosen = torch.randperm(len(pairs), generator=torch.Generator().manual_seed(0))[:SAMPLE]
    return pairs[chosen.to(pairs.device)].sort().values


def _losses(model: ModelAtStep, pairs: Tensor) -> Tensor:
    p, wanted = model.config.p, model.labels.flatten()
    parts = [cross_entropy(model.logits_fn(x // p, x % p), wanted[x]) for x in pair_chunks(pairs, p)]
    return torch.cat(parts) if parts else torch.zeros(0, device=pairs.device)


def _quantiles(values: Tensor) -> Tensor:
    """QUANTILES losses, the smallest first; NaN where there are none."""
    if not len(values):
        return torch.full((QUANTILES,), math.nan, device=values.device)
    at = torch.linspace(0, len(values) - 1, QUANTILES, device=values.device).round().long()
    return values.sort().values[at]


PICTURES: Final[Mapping[str, Make]] = {"restricted": restricted, "correct_logit": correct_logit, "losses": losses}
"""What makes each picture of the logits."""
