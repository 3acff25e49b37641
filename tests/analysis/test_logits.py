from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
import torch

from grokterm.analysis.angles import angles_of
from grokterm.analysis.logits import (
    by_frequency,
    class_logits,
    correct_logits,
    logit_spectrum,
    restricted_class_logits,
)
from grokterm.analysis.measures import angle_means, restricted_loss
from grokterm.analysis.pairs import logits_from_table
from tests.analysis.models import random_sample, trained_sample
from tests.reference import measures_numpy as reference

CPU = torch.device("cpu")


@pytest.mark.parametrize("op", ["add", "divide"])
def test_correct_logits_of_every_pair(op: str) -> None:
    found = trained_sample("one-hot", op)
    labels = found.labels
    known = labels >= 0
    chosen = found.logits.gather(-1, labels.clamp(min=0)[..., None])[..., 0]
    correct = correct_logits(logits_from_table(found.logits), labels)
    torch.testing.assert_close(correct[known], chosen[known])
    assert correct[~known].isnan().all()


@pytest.mark.parametrize("op", ["subtract", "multiply"])
def test_full_and_restricted_logits_of_one_class(op: str) -> None:
    found = trained_sample("one-hot", op)
    full = class_logits(partial(found.model.logits, found.parameters), 31, 3, CPU)
    torch.testing.assert_close(full, found.logits[..., 3])
    mean = angle_means(logits_from_table(found.logits), found.angles).mean
    restricted = found.angles.table(restricted_class_logits(mean, found.angles, found.keys, 3))
    table = reference.over_group(found.logits.numpy(), op)
    expected = reference.project(table, found.keys) + table.mean((0, 1))
    np.testing.assert_allclose(restricted.numpy(), expected[..., 3], rtol=1e-9, atol=1e-9)
    outside = restricted_class_logits(mean, found.angles, found.keys, 3)[0]
    assert outside.isnan().all() == (op == "multiply")


@pytest.mark.parametrize("p", [12, 31])
def test_the_two_dimensional_spectrum_is_a_transform_of_norms(p: int) -> None:
    found = random_sample("one-hot", "add", p)
    spectrum = logit_spectrum(found.angles.rows(found.logits), found.angles)
    assert spectrum.shape == (p, p)
    assert float(spectrum.square().sum()) == pytest.approx(float(found.logits.square().sum()))
    c, s = reference.wave(p, 2)[0], reference.wave(p, 3)[1]
    expected = np.linalg.norm(np.einsum("i,j,ijc->c", c, s, found.logits.numpy()))
    assert float(spectrum[3, 6]) == pytest.approx(expected)
    folded = by_frequency(spectrum)
    assert folded.shape == (p // 2 + 1, p // 2 + 1)
    assert float(folded[2, 3]) == pytest.approx(float(spectrum[3:5, 5:7].norm()))
    few = logit_spectrum(found.angles.rows(found.logits), found.angles, torch.tensor([1, 4]))
    torch.testing.assert_close(
        few, logit_spectrum(lambda start, stop: found.logits[start:stop, :, [1, 4]], found.angles)
    )
    both = logit_spectrum(found.angles.rows(torch.stack([found.logits, 2 * found.logits])), found.angles)
    torch.testing.assert_close(by_frequency(both)[1], 2 * folded)


def test_a_grokked_model_has_its_spectrum_on_the_diagonal() -> None:
    found = trained_sample("transformer", "add")
    folded = by_frequency(logit_spectrum(found.angles.rows(found.logits), found.angles))[1:, 1:]
    assert float(folded.diagonal().square().sum() / folded.square().sum()) > 0.9
    largest = set((folded.diagonal().topk(3).indices + 1).tolist())
    assert largest & set(found.keys)


def test_large_moduli_are_read_in_parts() -> None:
    p = 211
    angles = angles_of("add", p)
    assert angles is not None
    asked: list[int] = []
    wave = torch.cos(2 * math.pi * 7 * torch.arange(p, dtype=torch.float64) / p).float()

    def answer(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        asked.append(len(a) * p)
        distance = (a[:, None] + b[:, None] - torch.arange(p)) % p
        return wave[distance]

    means = angle_means(answer, angles)
    assert len(asked) >= 4
    assert max(asked) < 2**22
    restricted = restricted_loss(means.mean, angles, (7,), torch.ones(p, p, dtype=torch.bool))
    expected = torch.logsumexp(wave.double(), 0) - 1
    assert float(restricted.all) == pytest.approx(float(expected), rel=1e-6)
    assert math.isnan(float(restricted.test))
