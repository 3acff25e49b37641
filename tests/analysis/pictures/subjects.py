"""Subjects of pictures: the small models that measures are tested with."""

from __future__ import annotations

from dataclasses import replace

from grokterm.analysis.model_at_step import ModelAtStep
from tests.analysis.models import Sample


def subject_of(sample: Sample, step: int = 0) -> ModelAtStep:
    """A sample as a picture sees it."""
    return ModelAtStep(
        step=step,
        config=sample.config,
        parameters=sample.parameters,
        labels=sample.labels,
        train=sample.train,
        key_frequencies=sample.keys,
    )


def of_the_past(subject: ModelAtStep, present: ModelAtStep) -> ModelAtStep:
    """A subject that is looked back at from the present one."""
    return replace(subject, present=present)
