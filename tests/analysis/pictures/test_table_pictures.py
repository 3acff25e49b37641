"""The pictures of the table: answers to all pairs, and what they are held against."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from grokterm.analysis import pairs
from tests.analysis.models import random_sample
from tests.analysis.pictures.subjects import picture, subject_of


def test_the_table_has_the_likeliest_class_of_every_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    subject = subject_of(random_sample("one-hot", "divide", 13))
    monkeypatch.setattr(pairs, "CHUNK", 13 * 50)  # in parts of 50 pairs
    made = picture("table", subject, {}).arrays
    a = torch.arange(13)
    chances = torch.stack([subject.logits_fn(torch.full_like(a, one), a).softmax(-1) for one in a.tolist()])
    assert (made["prediction"].dtype, made["confidence"].dtype) == (torch.int16, torch.uint8)
    assert torch.equal(made["prediction"].long(), chances.argmax(-1))
    assert (made["confidence"] - 255 * chances.amax(-1)).abs().max() <= 0.5 + 1e-3


def test_a_table_of_no_numbers_is_sure_of_nothing() -> None:
    subject = subject_of(random_sample("one-hot", "add", 13))
    broken = {name: tensor * math.nan for name, tensor in subject.parameters.items()}
    made = picture("table", replace(subject, parameters=broken), {}).arrays
    assert made["confidence"].max() == 0


def test_the_task_tells_right_answers_from_those_trained_on() -> None:
    subject = subject_of(random_sample("one-hot", "divide", 13))
    noisy = subject.labels.clone()
    noisy[3, 4] = (noisy[3, 4] + 1) % 13
    made = picture("task", replace(subject, noisy_labels=noisy), {}).arrays
    assert torch.equal(made["label"].long(), subject.labels)
    assert torch.equal(made["given"].long(), noisy)
    assert torch.equal(made["trained"], subject.train)
    assert (made["label"][:, 0] == -1).all()
    assert made["settings"].tolist() == pytest.approx([subject.config.train_fraction, subject.config.corrupt])
    assert torch.equal(picture("task", subject, {}).arrays["given"].long(), subject.labels)
