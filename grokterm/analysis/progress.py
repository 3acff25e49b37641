"""The measures of one model at one step, gathered for log records: those of its weights, and dearer ones."""

from __future__ import annotations

import msgspec
import torch
from torch import Tensor

from grokterm.analysis.activations import Parameters
from grokterm.analysis.angles import Angles, angles_of
from grokterm.analysis.circuits import circularity, distance_irrelevance, gradient_symmetricity, triples
from grokterm.analysis.consensus import consensus, held_out
from grokterm.analysis.fourier import basis_of, over_basis
from grokterm.analysis.harmonics import harmonics_of
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
from grokterm.analysis.spectrum import table_norms
from grokterm.analysis.weights import effective_rank, neuron_logit_map
from grokterm.config import Config
from grokterm.config.losses import LOSSES
from grokterm.lab.models import build
from grokterm.measures import ProgressMeasures, StructureMeasures, finite


@torch.no_grad()
def gini_coefficients(config: Config, parameters: Parameters, norms: Tensor) -> tuple[float | None, float | None]:
    """How few frequencies the embedding (or first layer) and the neuron-logit map use: Gini coefficients, 0 to 1.

    None where the task has no frequencies, or weights are not finite; `norms` are those of `spectrum.spectrum`
    (Nanda et al. 2023, section 5.1). The map is that of models of pairs.
    """
    if not config.of_pairs:
        return (finite(float(gini(norms.double()))) if len(norms) else None), None
    if harmonics_of(config.op, config.p) is None:
        return None, None
    of_map = table_norms(config, neuron_logit_map(config, parameters).mT)
    first, last = gini(torch.stack([norms.double(), of_map.cpu().double()])).tolist()
    return finite(first), finite(last)


@torch.no_grad()
def progress(
    config: Config, logits_fn: LogitsFn, train: Tensor, seen: Tensor, keys: tuple[int, ...]
) -> ProgressMeasures:
    """The measures of one model's logits; train and seen are bool [p, p].

    logits_fn is called up to three times for a pair (`pairs.cached_logits`); `seen` are the pairs that the model was
    ever trained on, those of train among them. All are of the logits that the loss sees, divided by the temperature;
    where it does not make them those of probabilities, nothing is defined.
    """
    if not LOSSES[config.loss].of_probabilities:
        return ProgressMeasures()
    logits_fn = _at_temperature(logits_fn, config.temperature)
    collapse = _collapse(logits_fn, train)
    angles = harmonics_of(config.op, config.p)
    if angles is None:
        return ProgressMeasures(softmax_collapse=collapse)
    means = angle_means(logits_fn, angles, train.device, held_out(angles, seen))
    found = consensus(means.masked_mean, angles, means.counts, keys)
    measures = ProgressMeasures(
        softmax_collapse=collapse,
        consensus_loss=finite(found.loss),
        consensus_p_value=finite(found.p_value),
        key_consensus_loss=finite(found.key_loss),
        key_p_value=finite(found.key_p_value),
    )
    if not keys:
        return measures
    restricted = restricted_loss(means.mean, angles, keys, train)
    return msgspec.structs.replace(
        measures,
        restricted_loss=_number(restricted.all),
        restricted_train_loss=_number(restricted.train),
        restricted_test_loss=_number(restricted.test),
        excluded_loss=_number(excluded_loss(logits_fn, means.mean, angles, [keys], train)[0]),
        variance_share=_number(variance_share(means, angles, keys)),
    )


@torch.no_grad()
def structure(
    config: Config, parameters: Parameters, logits_fn: LogitsFn, labels: Tensor, gauges: bool = True
) -> StructureMeasures:
    """The dearer measures of one model; logits_fn gives its logits, labels is int64 [p, p].

    Without `gauges`, those of clock and pizza are left out.
    """
    angles = angles_of(config.op, config.p)
    if not gauges:
        if angles is None:
            return StructureMeasures()
        explained, rank = _number(_explained(config, parameters, angles)), _read_out_rank(config, parameters)
        return StructureMeasures(explained_neurons=explained, read_out_rank=rank)
    symmetry = gradient_symmetricity(config, parameters, triples(config.p, 100))
    symmetric = None if symmetry is None else _number(symmetry)
    if angles is None:
        return StructureMeasures(gradient_symmetricity=symmetric)
    return StructureMeasures(
        explained_neurons=_number(_explained(config, parameters, angles)),
        distance_irrelevance=_number(distance_irrelevance(angles.table(correct_logits(logits_fn, labels)), angles)),
        gradient_symmetricity=symmetric,
        circularity=_number(_circularity(config, parameters)),
        read_out_rank=_read_out_rank(config, parameters),
    )


def _at_temperature(logits_fn: LogitsFn, temperature: float) -> LogitsFn:
    return logits_fn if temperature == 1 else lambda a, b: logits_fn(a, b) / temperature


def _collapse(logits_fn: LogitsFn, train: Tensor) -> float | None:
    p, pairs = len(train), train.flatten().nonzero().squeeze(-1)
    parts = pair_chunks(pairs, p)
    count = sum(float(softmax_collapse(logits_fn(part // p, part % p))) * len(part) for part in parts)
    return count / len(pairs) if len(pairs) else None


def _explained(config: Config, parameters: Parameters, angles: Angles) -> Tensor:
    shares = frequency_shares(neuron_rows(config, parameters, angles), angles, config.width)
    return neuron_frequencies(shares).explained


def _read_out_rank(config: Config, parameters: Parameters) -> float | None:
    return _number(effective_rank(neuron_logit_map(config, parameters)))


def _circularity(config: Config, parameters: Parameters) -> Tensor:
    basis, _ = basis_of(config.op, config.p)
    tables = build(config).input_tables(parameters)
    return torch.stack([circularity(over_basis(table, basis)) for table in tables]).mean()


def _number(value: Tensor) -> float | None:
    return finite(float(value))
