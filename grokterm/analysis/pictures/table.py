"""Pictures of the table: the model's answers to all pairs, and the labels and the split that those are held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from grokterm.analysis.cancellation import check_cancelled
from grokterm.analysis.logits import likeliest_classes
from grokterm.analysis.model_at_step import ModelAtStep, UndefinedError, no_pairs
from grokterm.analysis.pairs import CHUNK
from grokterm.analysis.pictures.picture import Chosen, Make, picture_of
from grokterm.config import Config
from grokterm.lab.tuples import Tuples
from grokterm.picture import Picture


def table(model: ModelAtStep, chosen: Chosen) -> Picture:
    """Of every pair the likeliest class, `prediction` int16 [p, p] indexed [a, b], and `confidence` uint8 in it.

    Confidence is the softmax probability times 255, rounded. Of more than two inputs the others are 0.
    """
    if model.config.of_pairs:
        prediction, confidence = likeliest_classes(model.trained_logits_fn, model.config.p, model.labels.device)
    else:
        prediction, confidence = _likeliest_of_slice(model)
    shares = (255 * confidence.nan_to_num()).round().clamp(0, 255)
    return picture_of({"prediction": prediction.to(torch.int16), "confidence": shares.to(torch.uint8)})


def task(model: ModelAtStep, chosen: Chosen) -> Picture:
    """`label` and `given` int16 [p, p] indexed [a, b], the right answers and those trained on; −1 where undefined.

    `trained` bool [p, p] tells the training pairs; `settings` [2] are `train_fraction` and `corrupt`, with which the
    pictures of a task change and with nothing else. Of more than two inputs the others are 0.
    """
    given = model.labels if model.noisy_labels is None else model.noisy_labels
    return picture_of(
        {
            "label": _sliced(model, model.labels).to(torch.int16),
            "given": _sliced(model, given).to(torch.int16),
            "trained": _sliced(model, model.train),
            "settings": torch.tensor([model.config.train_fraction, model.config.corrupt]),
        }
    )


def _sliced(model: ModelAtStep, values: Tensor) -> Tensor:
    """What a table of a task holds for a and b, [p, p], all other inputs being 0."""
    if model.config.of_pairs:
        return values
    _check_residues(model.config)
    p, shape = model.config.p, model.config.shape
    return values.view(p, p, p ** (shape.inputs - 2))[..., 0]


def _likeliest_of_slice(model: ModelAtStep) -> tuple[Tensor, Tensor]:
    """The likeliest class and its softmax probability, [p, p] each, of the tuples of the slice."""
    p, network = model.config.p, model.trained_as or model.any_network
    numbers = _sliced(model, torch.arange(len(model.labels), device=model.labels.device)).flatten()
    assert model.tokens is not None
    found = []
    for part in torch.split(numbers, max(1, CHUNK // network.floats_per_example)):
        check_cancelled()
        examples = Tuples(model.tokens[part].long(), model.labels[part], part)
        found.append(network.logits_of(model.parameters, examples)[:, :p].softmax(-1).max(-1))
    prediction = torch.cat([each.indices for each in found])
    return prediction.view(p, p), torch.cat([each.values for each in found]).view(p, p)


def _check_residues(config: Config) -> None:
    """Raises UndefinedError where the inputs are no residues."""
    if config.of_points:
        raise UndefinedError(no_pairs(config))


PICTURES: Final[Mapping[str, Make]] = {"table": table, "task": task}
"""What makes the pictures of the table."""
OF_ANY_TASK: Final = PICTURES
"""Those that need no table of pairs, or make do without one."""
