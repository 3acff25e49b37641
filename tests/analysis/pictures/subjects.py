"""Subjects of pictures: the small models that measures are tested with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from grokterm.analysis.model_at_step import ModelAtStep
from grokterm.analysis.pictures import make_picture
from grokterm.picture import PictureRequest
from tests.analysis.models import Sample


def subject_of(sample: Sample, step: int = 0) -> ModelAtStep:
    """A sample as a picture sees it."""
    return ModelAtStep(
        step=step,
        config=sample.config,
        parameters=sample.parameters,
        labels=sample.labels,
        train=sample.train,
        estimate=lambda norms: sample.keys,
    )


def of_the_past(subject: ModelAtStep, present: ModelAtStep) -> ModelAtStep:
    """A subject that is looked back at from the present one."""
    return replace(subject, present=present)


@dataclass(frozen=True)
class Made:
    """A picture whose arrays are tensors, as measures are compared with."""

    arrays: dict[str, Tensor]
    names: dict[str, tuple[str, ...]]
    summary: str


def picture(name: str, subject: ModelAtStep, chosen: Mapping[str, int]) -> Made:
    """The picture of a subject."""
    made = make_picture(PictureRequest(name, dict(chosen), subject.ablation), subject)
    arrays = {of: torch.from_numpy(array) for of, array in made.arrays.items()}
    return Made(arrays, made.names, made.summary)
