"""The picture of a model without some of its parts, beside the intact one: nothing of what trains is touched."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from math import gcd
from typing import Final

import torch
from torch import Tensor

from grokterm.analysis.ablation import Score, ablated, score
from grokterm.analysis.model_at_step import ModelAtStep, UndefinedError
from grokterm.analysis.neurons import EXPLAINED, frequency_shares, neuron_frequencies, neuron_rows
from grokterm.analysis.pairs import LogitsFn
from grokterm.analysis.pictures.picture import Chosen, Make, picture_of
from grokterm.analysis.spectrum import spectral_basis
from grokterm.errors import ConfigError
from grokterm.picture import Picture
from grokterm.surgery import head_count

CONFIDENT: Final = 0.5
"""Softmax probability from which a prediction counts as confident."""
SIDE: Final = 250
"""Residues along each side of a table at most: about twice as many as a screen has points."""


def ablation(model: ModelAtStep, chosen: Chosen) -> Picture:
    """`states` [2, side, side] and `scores` [2, 4] of the intact model and of the one without `model.ablation`.

    States are indexed [a, b]: 0 not defined, 1 right, 2 wrong, 3 unsure, and 3 more for a training pair, by the right
    answers. Scores are train loss, test loss (nats), train accuracy and test accuracy (shares), those of the training
    pairs by the labels trained on. Of more residues than a screen shows both take every `stride`-th along each axis,
    [1], that shares no factor with p. `norms` [frequencies] and `keys` hold the frequencies that can be taken out,
    `heads` [heads] the Frobenius norm of what each writes; where `neurons` is chosen, `groups` [neurons] has the
    frequency of each neuron of the last layer that one explains, else 0 (Nanda et al. 2023, arXiv:2301.05217).
    """
    config = model.config
    try:
        parameters = ablated(config, model.parameters, model.ablation)
    except ConfigError as error:
        raise UndefinedError(str(error)) from None
    stride = stride_of(config.p)
    at = torch.arange(0, config.p, stride, device=model.labels.device)
    # One after the other: both at once would hold twice as many logits.
    logits_fns = (model.logits_fn, model.logits_fn_with(parameters)) if model.ablation.parts else (model.logits_fn,)
    found = [_look(model, logits_fn, at) for logits_fn in logits_fns]
    arrays = {
        "states": torch.stack([found[0][0], found[-1][0]]),
        "scores": torch.stack([found[0][1], found[-1][1]]),
        "stride": torch.tensor([stride]),
        "heads": _heads(model),
    }
    basis, words = spectral_basis(config)
    if basis != "none":
        arrays["norms"] = model.norms.cpu()
        arrays["keys"] = torch.tensor(model.frequencies)
        if chosen.get("neurons") and basis != "representations":
            arrays["groups"] = _groups(model)
    return picture_of(arrays, summary=f"{model.frequency_words}; {words}" if basis != "none" else "")


def stride_of(p: int) -> int:
    """From one residue to the next of at most SIDE that stand for all; one that shares a factor would alias."""
    return next(stride for stride in count(-(-p // SIDE)) if gcd(stride, p) == 1)


def _look(model: ModelAtStep, logits_fn: LogitsFn, at: Tensor) -> tuple[Tensor, Tensor]:
    """States uint8 [side, side] and the four scores, over pairs of the residues `at`."""
    labels, train = model.labels[at][:, at], model.train[at][:, at]
    given = labels if model.noisy_labels is None else model.noisy_labels[at][:, at]
    found = score(lambda a, b: logits_fn(at[a], at[b]), given, train)
    return _states(found, labels, train).cpu(), torch.stack(
        [found.train_loss, found.test_loss, found.train_accuracy, found.test_accuracy]
    ).cpu()


def _states(found: Score, labels: Tensor, train: Tensor) -> Tensor:
    known = torch.where(found.prediction == labels, 1, 2)
    states = torch.where(found.confidence >= CONFIDENT, known, 3) + 3 * train
    return states.masked_fill(labels < 0, 0).to(torch.uint8)


def _heads(model: ModelAtStep) -> Tensor:
    config = model.config
    blocks = range(config.depth) if head_count(config) else ()
    rows = [model.parameters[model.network.head_writes(block)] for block in blocks]
    norms = [w.view(config.heads, -1).norm(dim=-1) for w in rows]
    return torch.cat(norms).cpu() if norms else torch.zeros(0)


def _groups(model: ModelAtStep) -> Tensor:
    """int16 [width · depth]: 0 for all neurons but those of the last layer that one frequency explains."""
    config, angles = model.config, model.angles
    shares = frequency_shares(neuron_rows(config, model.parameters, angles), angles, config.width)
    found = neuron_frequencies(shares)
    groups = torch.zeros(config.width * config.depth, dtype=torch.int16)
    groups[-config.width :] = torch.where(found.share >= EXPLAINED, found.frequency, 0).cpu()
    return groups


PICTURES: Final[Mapping[str, Make]] = {"ablation": ablation}
"""What makes the picture of ablation."""
