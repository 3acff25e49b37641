"""Pictures of the table: the model's answers to all pairs, and the labels and the split that those are held against."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch

from grokterm.analysis.logits import likeliest_classes
from grokterm.analysis.model_at_step import ModelAtStep
from grokterm.analysis.pictures.picture import Chosen, Make, picture_of
from grokterm.picture import Picture


def table(model: ModelAtStep, chosen: Chosen) -> Picture:
    """Of every pair the likeliest class, `prediction` int16 [p, p] indexed [a, b], and `confidence` uint8 in it.

    Confidence is the softmax probability times 255, rounded.
    """
    prediction, confidence = likeliest_classes(model.trained_logits_fn, model.config.p, model.labels.device)
    shares = (255 * confidence.nan_to_num()).round().clamp(0, 255)
    return picture_of({"prediction": prediction.to(torch.int16), "confidence": shares.to(torch.uint8)})


def task(model: ModelAtStep, chosen: Chosen) -> Picture:
    """`label` and `given` int16 [p, p] indexed [a, b], the right answers and those trained on; −1 where undefined.

    `trained` bool [p, p] tells the training pairs; `settings` [2] are `train_fraction` and `corrupt`, with which the
    pictures of a task change and with nothing else.
    """
    given = model.labels if model.noisy_labels is None else model.noisy_labels
    return picture_of(
        {
            "label": model.labels.to(torch.int16),
            "given": given.to(torch.int16),
            "trained": model.train,
            "settings": torch.tensor([model.config.train_fraction, model.config.corrupt]),
        }
    )


PICTURES: Final[Mapping[str, Make]] = {"table": table, "task": task}
"""What makes the pictures of the table."""
