"""A model without some of its parts: key frequencies, neurons or a head, and how well it still answers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import torch
from torch import Tensor

from grokterm.analysis.activations import Parameters
from grokterm.analysis.angles import Angles
from grokterm.analysis.harmonics import harmonics_of
from grokterm.analysis.measures import cross_entropy
from grokterm.analysis.pairs import LogitsFn, pair_chunks
from grokterm.config import Config
from grokterm.lab.models import build
from grokterm.surgery import Ablation, check_ablation


@dataclass(frozen=True, slots=True, eq=False)
class Score:
    """How well something answers all pairs."""

    prediction: Tensor
    """The class of the largest logit, int64 [..., p, p]."""
    confidence: Tensor
    """Its softmax probability, [..., p, p]."""
    train_loss: Tensor
    """Mean nats a pair, [...]; so is test_loss."""
    test_loss: Tensor
    train_accuracy: Tensor
    """Share of pairs, [...]; so is test_accuracy."""
    test_accuracy: Tensor


def score(logits_fn: LogitsFn, labels: Tensor, train: Tensor) -> Score:
    """Answers to all pairs against labels int64 [p, p] (−1 where not defined), train bool [p, p]; in parts."""
    p = len(labels)
    best, sure, loss = [], [], []
    wanted = labels.flatten()
    for pairs in pair_chunks(torch.arange(p * p, device=labels.device), p):
        logits = logits_fn(pairs // p, pairs % p)
        top = logits.softmax(-1).max(-1)
        best.append(top.indices)
        sure.append(top.values)
        loss.append(cross_entropy(logits, wanted[pairs].clamp(min=0)))
    prediction, losses = torch.cat(best, -1), torch.cat(loss, -1).double()
    right = (prediction == wanted).double()
    sets = [train.flatten(), ~train.flatten() & (wanted >= 0)]
    of_loss = [losses[..., s].mean(-1) for s in sets]
    of_right = [right[..., s].mean(-1) for s in sets]
    shape = (*prediction.shape[:-1], p, p)
    return Score(prediction.view(shape), torch.cat(sure, -1).view(shape), *of_loss, *of_right)


def weights_without_frequencies(
    config: Config, parameters: Parameters, angles: Angles, keys: Iterable[int], keep: bool = False
) -> dict[str, Tensor]:
    """The parameters with frequencies K taken out of the embedding or first layer, or with `keep` all but these.

    The constant part stays, and so do the rows of residues outside the group and of "=".
    """
    chosen = {angles.fold(k) for k in keys}
    removed = set(range(1, angles.frequencies + 1)) - chosen if keep else chosen
    changed = dict(parameters)
    for name in build(config).embeddings:
        table = parameters[name].clone()
        rows = angles.a.to(table.device)
        inside = table.index_select(-2, rows)
        basis = angles.basis(removed, inside)
        table[..., rows, :] = inside - basis.mT @ (basis @ inside)
        changed[name] = table
    return changed


def ablated(config: Config, parameters: Parameters, ablation: Ablation) -> dict[str, Tensor]:
    """The parameters of a model without these parts of it, whatever training would make of the rest.

    Frequencies are taken out of the embedding or first layer. Raises ConfigError for parts that it does not have.
    """
    check_ablation(config, ablation)
    found = dict(parameters)
    device = next(iter(found.values())).device
    if ablation.frequencies or ablation.only:
        angles = harmonics_of(config.op, config.p)
        assert angles is not None
        found = weights_without_frequencies(config, found, angles, ablation.frequencies, ablation.only)
    for layer in range(config.depth):
        start = layer * config.width
        chosen = [n - start for n in ablation.neurons if start <= n < start + config.width]
        if chosen:
            found = without_neurons(config, found, torch.tensor(chosen, device=device), layer)
    for head in ablation.heads:
        found = without_head(config, found, head % config.heads, head // config.heads)
    return found


def without_neurons(config: Config, parameters: Parameters, neurons: Tensor, layer: int = -1) -> dict[str, Tensor]:
    """The parameters with the outgoing weights of neurons (int64) of a layer set to 0; −1 is the last layer."""
    name = build(config).outgoing(layer % config.depth)
    return {**parameters, name: parameters[name].index_fill(-2, neurons, 0)}


def without_head(config: Config, parameters: Parameters, head: int, block: int = 0) -> dict[str, Tensor]:
    """The parameters with what a head writes (its rows of W_O) set to 0."""
    size = config.d_model // config.heads
    name = build(config).head_writes(block)
    rows = torch.arange(head * size, (head + 1) * size, device=parameters[name].device)
    return {**parameters, name: parameters[name].index_fill(-2, rows, 0)}
