"""The measures of one model at one step, gathered for log records: those of its weights, and dearer ones."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from grokterm.analysis.activations import Parameters
from grokterm.analysis.angles import Angles, angles_of
from grokterm.analysis.circuits import circularity, distance_irrelevance, gradient_symmetricity, triples
from grokterm.analysis.consensus import consensus, held_out
from grokterm.analysis.fourier import basis_of, fourier_norms, over_basis
from grokterm.analysis.logits import correct_logits
from grokterm.analysis.measures import (
    angle_means,
    excluded_loss,
    gini,
    restricted_loss,
    softmax_collapse,
    variance_share,
)
from grokterm.analysis.neurons import frequency_shares, neuron_frequencies, neuron_rows
from grokterm.analysis.pairs import LogitsFn, pair_chunks
from grokterm.analysis.weights import neuron_logit_map
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

    Restricted and excluded loss and the share of variance are the paper's (Nanda et al. 2023, section 5.1), by the
    running estimate of the key frequencies, and None as long as there is none. The consensus is that of held-out
    pairs (`consensus`); losses are in nats.
    """

    softmax_collapse: float | None
    """Share of the train pairs whose softmax sum is exactly 1."""
    restricted_loss: float | None = None
    """Over all pairs."""
    restricted_train_loss: float | None = None
    restricted_test_loss: float | None = None
    excluded_loss: float | None = None
    """Over the train pairs."""
    variance_share: float | None = None
    """Share of the logits' variance that cosines of the key frequencies explain."""
    consensus_loss: float | None = None
    consensus_p_value: float | None = None
    key_consensus_loss: float | None = None
    key_p_value: float | None = None


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
    of_read_out = fourier_norms(over_basis(neuron_logit_map(config, parameters).mT, basis))
    first, last = gini(torch.stack([norms.double(), of_read_out.cpu().double()])).tolist()
    return Concentration(_finite(first), _finite(last))


@torch.no_grad()
def progress(config: Config, logits_fn: LogitsFn, train: Tensor, seen: Tensor, keys: tuple[int, ...]) -> Progress:
    """The measures of one model's logits; train and seen are bool [p, p].

    logits_fn is called up to three times for a pair (`pairs.cached_logits`); `seen` are the pairs that the model was
    ever trained on, those of train among them.
    """
    collapse = _collapse(logits_fn, train)
    angles = angles_of(config.op, config.p)
    if angles is None:
        return Progress(collapse)
    means = angle_means(logits_fn, angles, train.device, held_out(angles, seen))
    found = consensus(means.masked_mean, angles, means.counts, keys)
    evidence = map(_finite, (found.loss, found.p_value, found.key_loss, found.key_p_value))
    if not keys:
        return Progress(collapse, None, None, None, None, None, *evidence)
    restricted = restricted_loss(means.mean, angles, keys, train)
    return Progress(
        collapse,
        _number(restricted.all),
        _number(restricted.train),
        _number(restricted.test),
        _number(excluded_loss(logits_fn, means.mean, angles, [keys], train)[0]),
        _number(variance_share(means, angles, keys)),
        *evidence,
    )


@torch.no_grad()
def structure(
    config: Config, parameters: Parameters, logits_fn: LogitsFn, labels: Tensor, gauges: bool = True
) -> Structure:
    """The dearer measures of one model; logits_fn gives its logits, labels is int64 [p, p].

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
        _number(distance_irrelevance(angles.table(correct_logits(logits_fn, labels)), angles)),
        symmetric,
        _number(_circularity(config, parameters)),
    )


def _collapse(logits_fn: LogitsFn, train: Tensor) -> float | None:
    p, pairs = len(train), train.flatten().nonzero().squeeze(-1)
    parts = pair_chunks(pairs, p)
    count = sum(float(softmax_collapse(logits_fn(part // p, part % p))) * len(part) for part in parts)
    return count / len(pairs) if len(pairs) else None


def _explained(config: Config, parameters: Parameters, angles: Angles) -> Tensor:
    shares = frequency_shares(neuron_rows(config, parameters, angles), angles, config.width)
    return neuron_frequencies(shares).explained


def _circularity(config: Config, parameters: Parameters) -> Tensor:
    basis, _ = basis_of(config.op, config.p)
    tables = build(config).input_tables(parameters)
    return torch.stack([circularity(over_basis(table, basis)) for table in tables]).mean()


def _number(value: Tensor) -> float | None:
    return _finite(float(value))


def _finite(number: float | None) -> float | None:
    return number if number is not None and math.isfinite(number) else None
