"""The measures of one model at one step, gathered for log records: those of its weights, and dearer ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from grokterm.analysis.activations import Parameters
from grokterm.analysis.angles import Angles, angles_of
from grokterm.analysis.circuits import circularity, distance_irrelevance, gradient_symmetricity, triples
from grokterm.analysis.fourier import basis_of, fourier_norms, over_basis
from grokterm.analysis.logits import correct_logits
from grokterm.analysis.measures import (
    angle_means,
    excluded_loss,
    gini,
    restricted_loss,
    softmax_collapse,
    variance_shares,
)
from grokterm.analysis.neurons import frequency_shares, neuron_frequencies, neuron_rows
from grokterm.analysis.pairs import Answer, in_parts
from grokterm.analysis.weights import read_out
from grokterm.config import Config
from grokterm.lab.models import build


@dataclass(frozen=True, slots=True)
class Concentration:
    """How few frequencies a model's outer layers use, 0 to 1; None where they have none, or weights are not finite."""

    embedding_gini: float | None = None
    """Of the Fourier norms of the first layer or the embedding."""
    read_out_gini: float | None = None


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a circuit that adds angles has come; None where a measure is not defined or not finite.

    Losses without a prefix keep or remove every frequency of i + j: they need no estimate of key frequencies, and
    hold for models that use all of them. Those of the key frequencies are the paper's.
    """

    softmax_collapse: float | None
    """Share of the train pairs whose softmax sum is exactly 1."""
    restricted_loss: float | None = None
    """Over all pairs, nats."""
    restricted_train_loss: float | None = None
    restricted_test_loss: float | None = None
    excluded_loss: float | None = None
    """Over the train pairs, nats."""
    key_restricted_loss: float | None = None
    """Over all pairs; None as long as no frequency is key."""
    key_excluded_loss: float | None = None
    key_variance_share: float | None = None
    """Share of the logits' variance that cosines of the key frequencies explain."""
    variance_share: float | None = None
    """The same of all frequencies."""


@dataclass(frozen=True, slots=True)
class Structure:
    """What the circuit is made of, telling little until test accuracy is above .9; None where not defined."""

    explained_neurons: float | None
    """Share of the last layer's neurons that one frequency explains to .85."""
    distance_irrelevance: float | None
    gradient_symmetricity: float | None
    circularity: float | None
    """The mean over the input tables."""


@torch.no_grad()
def concentration(config: Config, parameters: Parameters, norms: Tensor) -> Concentration:
    """Gini coefficients of one model (Nanda et al. 2023, section 5.1); `norms` are those of `spectrum.spectrum`."""
    basis, _ = basis_of(config.op, config.p)
    if basis == "none":
        return Concentration()
    of_read_out = fourier_norms(over_basis(read_out(config, parameters).mT, basis))
    first, last = gini(torch.stack([norms.double(), of_read_out.cpu().double()])).tolist()
    return Concentration(_finite(first), _finite(last))


@torch.no_grad()
def progress(config: Config, answer: Answer, train: Tensor, keys: tuple[int, ...]) -> Progress:
    """The measures of one model's logits; train is bool [p, p].

    answer gives the logits, of some pairs four times (`pairs.remembered`).
    """
    collapse = _collapse(answer, train)
    angles = angles_of(config.op, config.p)
    if angles is None:
        return Progress(collapse)
    every = range(1, angles.frequencies + 1)
    means = angle_means(answer, angles, train.device)
    shares = variance_shares(means, angles)
    restricted = restricted_loss(means.mean, angles, every, train)
    excluded = excluded_loss(answer, means.mean, angles, [every, keys] if keys else [every], train)
    return Progress(
        collapse,
        _number(restricted.all),
        _number(restricted.train),
        _number(restricted.test),
        _number(excluded[0]),
        _number(restricted_loss(means.mean, angles, keys, train).all) if keys else None,
        _number(excluded[1]) if keys else None,
        _number(shares[[k - 1 for k in keys]].sum()) if keys else None,
        _number(shares.sum()),
    )


@torch.no_grad()
def structure(config: Config, parameters: Parameters, answer: Answer, labels: Tensor, gauges: bool = True) -> Structure:
    """The dearer measures of one model; answer gives its logits, labels is int64 [p, p].

    Without `gauges`, those of clock and pizza are left out.
    """
    angles = angles_of(config.op, config.p)
    if not gauges:
        return Structure(None if angles is None else _number(_explained(config, parameters, angles)), None, None, None)
    symmetry = gradient_symmetricity(config, parameters, triples(config.p, 100))
    symmetric = None if symmetry is None else _number(symmetry)
    if angles is None:
        return Structure(None, None, symmetric, None)
    return Structure(
        _number(_explained(config, parameters, angles)),
        _number(distance_irrelevance(angles.table(correct_logits(answer, labels)), angles)),
        symmetric,
        _number(_circularity(config, parameters)),
    )


def _collapse(answer: Answer, train: Tensor) -> float | None:
    p, pairs = len(train), train.flatten().nonzero().squeeze(-1)
    parts = in_parts(pairs, p)
    count = sum(float(softmax_collapse(answer(part // p, part % p))) * len(part) for part in parts)
    return count / len(pairs) if len(pairs) else None


def _explained(config: Config, parameters: Parameters, angles: Angles) -> Tensor:
    shares = frequency_shares(neuron_rows(config, parameters, angles), angles, config.width)
    return neuron_frequencies(shares).explained


def _circularity(config: Config, parameters: Parameters) -> Tensor:
    basis, _ = basis_of(config.op, config.p)
    tables = build(config).first_layer(parameters)
    return torch.stack([circularity(over_basis(table, basis)) for table in tables]).mean()


def _number(value: Tensor) -> float | None:
    return _finite(float(value))


def _finite(number: float) -> float | None:
    return number if math.isfinite(number) else None
