"""Pictures of the frequencies in a model: embedding, logits and neurons (Nanda et al. 2023, arXiv:2301.05217)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from grokterm.analysis.activations import activations, neuron_layers
from grokterm.analysis.embedding import waves
from grokterm.analysis.fourier import basis_of
from grokterm.analysis.key_frequencies import KeyFrequencies, background
from grokterm.analysis.logits import by_frequency, logit_spectrum
from grokterm.analysis.model_at_step import ModelAtStep
from grokterm.analysis.neurons import EXPLAINED, frequency_shares, neuron_frequencies, neuron_rows
from grokterm.analysis.pairs import LogitsFn
from grokterm.analysis.pictures.embedding import first_layer, strongest_words
from grokterm.analysis.pictures.picture import Chosen, Make, pick, picture_of
from grokterm.analysis.spectrum import at_own_peaks, feature_count, single_frequency_share, weight_vector_shares
from grokterm.analysis.weights import downsampled
from grokterm.picture import Picture
from grokterm.surgery import component_labels

PRODUCTS: Final = 2**27
"""Multiplications for the spectrum of the logits, about, and the output classes that they allow."""
FEWEST_CLASSES: Final = 8
SIDE: Final = 256
"""Frequencies along each side of a spectrum of the logits at most; beyond, the largest of neighbours."""
NEURONS: Final = 512
"""Neurons whose spectra are shown at most."""
FREQUENCIES: Final = 8
"""Frequencies whose waves are shown at most."""
FEATURES: Final = 256
"""Coefficients of a wave at most; beyond, the largest of neighbours."""


def first_spectrum(model: ModelAtStep, chosen: Chosen) -> Picture:
    """`norms` [frequencies] at k = 1 …, `keys` [keys] the largest first (section 4.1).

    `background` [1] is their median, `threshold` [1] the norm from which a frequency becomes key, `single` [1] the
    share of the first layer's weight vectors that follow one frequency alone, NaN without such vectors. `own_peaks`
    [frequencies] are their mean shares of variance, each vector's strongest frequency in the middle; empty likewise. In
    a group k counts its representations, which `components` names.
    """
    norms = model.norms
    config = model.config
    shares = weight_vector_shares(model.any_network, model.parameters, config)
    threshold, _ = KeyFrequencies(feature_count(config)).bounds(norms)
    return picture_of(
        {
            "norms": norms,
            "keys": torch.tensor(model.key_frequencies, dtype=torch.int64),
            "background": torch.tensor([background(norms)]),
            "threshold": torch.tensor([threshold]),
            "single": torch.tensor([math.nan if shares is None else single_frequency_share(shares)]),
            "own_peaks": torch.zeros(0) if shares is None else at_own_peaks(shares),
        },
        {"components": component_labels(config.op)},
        summary=model.norms_words,
    )


def two_dimensional(model: ModelAtStep, chosen: Chosen) -> Picture:
    """`norms` [m, m] of the logits' components at each pair of frequencies 0 …, of a down and of b across.

    Sines and cosines are taken together, over classes too; [0, 0], what is the same for all pairs, is NaN. `strongest`
    [s, 2] are the pairs of frequencies with the largest `share` [s] of the variance (section 4.1), `highest` [1] the
    highest frequency and `keys` the frequencies of interest.
    """
    angles, p = model.angles, model.config.p
    count = min(p, max(FEWEST_CLASSES, PRODUCTS // angles.n**3))
    classes = torch.arange(count) * p // count
    device = model.labels.device
    norms = by_frequency(logit_spectrum(angles.rows_of(_classes(model, classes.to(device)), device), angles))
    norms[0, 0] = float("nan")
    power = norms.square().flatten()
    power[0] = 0
    best = power.nan_to_num().topk(min(16, len(power)))
    small = norms if len(norms) <= SIDE else downsampled(norms, SIDE, SIDE)
    _, words = basis_of(model.config.op, p)
    return picture_of(
        {
            "norms": small,
            "strongest": torch.stack([best.indices // len(norms), best.indices % len(norms)], -1),
            "share": (best.values / power.sum()).nan_to_num(),
            "highest": torch.tensor([len(norms) - 1]),
            "keys": torch.tensor(model.key_frequencies, dtype=torch.int64),
        },
        summary=f"{words}, {'all' if count == p else count} output classes",
    )


def neuron_spectra(model: ModelAtStep, chosen: Chosen) -> Picture:
    """`shares` uint8 [neurons, frequencies]: share of each neuron's variance at k = 1 …, 255 for all of it.

    Neurons stand by their frequency, the best explained first, at most `NEURONS` of them evenly chosen. `groups`
    [g, 2] are frequencies with the number of neurons that they explain to .85, the most first (section 4.3).
    """
    layers = neuron_layers(model.config)
    layer = pick(chosen, "layer", len(layers))
    rows = neuron_rows(model.config, model.parameters, model.angles, layers[layer])
    shares = frequency_shares(rows, model.angles, model.config.width).nan_to_num()
    found = neuron_frequencies(shares)
    order = found.order()
    picked = order[torch.arange(min(len(order), NEURONS)) * len(order) // min(len(order), NEURONS)]
    groups = sorted(((len(group), k) for k, group in found.groups().items()), reverse=True)
    explained = int((found.share >= EXPLAINED).sum())
    return picture_of(
        {
            "shares": (shares[picked] * 255).round().clamp(0, 255).to(torch.uint8),
            "groups": torch.tensor([[k, size] for size, k in groups], dtype=torch.int64).view(-1, 2),
            "total": torch.tensor([len(order)]),
        },
        summary=f"{explained:,} of {len(order):,} neurons follow one frequency",
    )


def embedding_waves(model: ModelAtStep, chosen: Chosen) -> Picture:
    """`norms` [K, 2] of the cosine and sine parts at `frequencies` [K], `between` [K] the angle from one to the other.

    Angles are in degrees. `coefficients` [K, 2, features] are the parts themselves; where there are many features,
    the largest of neighbours (section 4.1).
    """
    rows, _ = first_layer(model)
    found = waves(rows, model.angles, model.frequencies[:FREQUENCIES])
    parts = torch.stack([found.cosine, found.sine], -2)
    small = downsampled(parts, 2, FEATURES) if parts.shape[-1] > FEATURES else parts
    return picture_of(
        {
            "norms": found.norms,
            "frequencies": torch.tensor(found.frequencies, dtype=torch.int64),
            "between": found.cosine_between.clamp(-1, 1).acos().rad2deg(),
            "coefficients": small,
            "features": torch.tensor([parts.shape[-1]]),
        },
        summary=strongest_words(model, FREQUENCIES),
    )


def _classes(model: ModelAtStep, classes: Tensor) -> LogitsFn:
    """Logits of a few classes alone, without working out the others."""
    parameters = model.network.only_classes(model.parameters, classes)
    return lambda a, b: activations(model.config, parameters, a, b)["logits"]


PICTURES: Final[Mapping[str, Make]] = {
    "spectrum": first_spectrum,
    "logit_spectrum": two_dimensional,
    "neuron_spectrum": neuron_spectra,
    "waves": embedding_waves,
}
"""What makes each picture of frequencies."""
OF_ANY_TASK: Final[Mapping[str, Make]] = {"spectrum": first_spectrum, "waves": embedding_waves}
"""Those that need no table of pairs."""
