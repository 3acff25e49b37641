"""The measures of a model at one step: what the lab and analysis compute, and what the log's records hold."""

from __future__ import annotations

import math
from typing import Final

import msgspec


def finite(number: float | None) -> float | None:
    """The number, or None where it is not finite, as records hold it."""
    return number if number is not None and math.isfinite(number) else None


class Measures(msgspec.Struct, frozen=True, kw_only=True):
    """Losses (means over pairs), accuracies (0 to 1), sums of squares, and how few frequencies the weights use."""

    train_loss: float | None
    """Mean over the training pairs of the loss that is trained on, without penalties: in nats for cross-entropy."""
    test_loss: float | None
    train_accuracy: float
    """Share of the training pairs answered correctly, 0 to 1."""
    test_accuracy: float
    sum_squared_weights: float | None
    """Σθ² over all parameters."""
    gradient_norm: float | None
    """Euclidean norm of the gradient of the last step; None before the first step of a model."""
    embedding_gini: float | None = None
    """Gini coefficient of the Fourier norms of the first layer or the embedding, 0 to 1 (Nanda et al. 2023, 5.1)."""
    read_out_gini: float | None = None
    """The same of the neuron-logit map W_L, which reads the logits out of the last neurons."""
    key_frequencies: tuple[int, ...] | None = None
    """An estimate with hysteresis, largest norm first; None where there are no frequencies or no measures."""
    weight_change_l1: float | None = None
    """‖W − W₀‖₁, the sum of |w − w₀| over the weights of the first layer, w₀ those at the start, of a parity.

    Hidden progress: it grows long before test accuracy moves (Barak et al. 2022, arXiv:2207.08799).
    """
    squared_weights: dict[str, float | None] = {}
    """Σθ² of every weight matrix by name."""


class ProgressMeasures(msgspec.Struct, frozen=True, kw_only=True):
    """How far a circuit that adds angles has come; losses in nats, None where a measure is undefined or not finite.

    Restricted and excluded loss are those of Nanda et al. 2023 (arXiv:2301.05217), section 5.1, by the running estimate
    of the key frequencies; None as long as no frequency is key. A consensus is that of held-out pairs: such that
    neither they nor, where the operation commutes, their transposes were ever trained on.
    """

    softmax_collapse: float | None = None
    """Share of the train pairs whose softmax sum is exactly 1."""
    restricted_loss: float | None = None
    """Over all pairs."""
    restricted_train_loss: float | None = None
    restricted_test_loss: float | None = None
    excluded_loss: float | None = None
    """Over the train pairs."""
    variance_share: float | None = None
    """Share of the logits' variance that cosines of the key frequencies explain, 0 to 1."""
    consensus_loss: float | None = None
    """Cross-entropy of the mean logits of the held-out pairs that have the same answer; None where no pair is."""
    consensus_p_value: float | None = None
    """Of a permutation test of the consensus against classes in a random order."""
    key_consensus_loss: float | None = None
    """That of the mean logits restricted to the key frequencies."""
    key_p_value: float | None = None
    """Of a permutation test of the key frequencies against as many drawn at random."""


class StructureMeasures(msgspec.Struct, frozen=True, kw_only=True):
    """What the circuit is made of, meaningful from a test accuracy of .9 on; None where a measure is undefined.

    Clock or pizza: Zhong et al. 2023 (arXiv:2306.17844).
    """

    explained_neurons: float | None = None
    """Share of the last layer's neurons that one frequency explains to .85."""
    distance_irrelevance: float | None = None
    gradient_symmetricity: float | None = None
    """Of addition with one embedding of both numbers (transformer); undefined elsewhere."""
    circularity: float | None = None
    """The mean over the input tables."""
    read_out_rank: float | None = None
    """Singular values of the neuron-logit map W_L above a tenth of its largest: two a frequency (Nanda et al. 4.2)."""


_ALL: Final = (Measures, ProgressMeasures, StructureMeasures)
NAMES: Final = frozenset(
    ("step", "seconds", "accuracy", "loss", *(name for kind in _ALL for name in kind.__struct_fields__))
)
"""What a measure is called in the log or by who plots it: names that no other may have."""
