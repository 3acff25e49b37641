from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from grokterm.analysis.fourier import fourier_basis
from grokterm.analysis.model_at_step import ModelAtStep
from grokterm.analysis.neurons import frequency_shares, neuron_rows
from grokterm.config import Config
from grokterm.lab.models import build
from grokterm.lab.tasks import make_task
from tests.analysis.models import random_sample, small, trained_sample
from tests.analysis.pictures.subjects import picture, subject_of


def one_wave(p: int = 31, k: int = 5) -> ModelAtStep:
    """A one-hot MLP whose first layer is one wave: 16 neurons, cos and sin of w_k a and of w_k b, apart and added."""
    config = Config(p=p, arch="one-hot", width=16, activation="quadratic", device="cpu")
    t = 2 * math.pi * k * torch.arange(p, dtype=torch.float64) / p
    phase = torch.linspace(0, math.pi, 16, dtype=torch.float64)
    wave = (t[:, None] + phase).cos()
    task = make_task(config)
    parameters = {
        "W_a": wave, "W_b": wave, "b_1": torch.zeros(16, dtype=torch.float64),
        "W_out": torch.randn(16, p, dtype=torch.float64), "b_out": torch.zeros(p, dtype=torch.float64),
    }  # fmt: skip
    train = torch.zeros(p, p, dtype=torch.bool)
    return ModelAtStep(
        step=0, config=config, parameters=parameters, labels=task.labels, train=train, estimate=lambda norms: (k,)
    )


def test_the_spectrum_of_one_wave_is_one_bar() -> None:
    made = picture("spectrum", one_wave(), {})
    norms = made.arrays["norms"]
    # 32 columns of norm √(p/2) each.
    assert float(norms[4]) == pytest.approx(math.sqrt(32 * 31 / 2), rel=1e-6)
    assert float(norms.sum() - norms[4]) < 1e-4
    assert made.arrays["keys"].tolist() == [5]
    assert float(made.arrays["background"]) == pytest.approx(0, abs=1e-5)
    assert float(made.arrays["threshold"]) == pytest.approx(float(norms[4]) / 4, rel=1e-5)


@pytest.mark.parametrize(("arch", "op"), [("one-hot", "add"), ("mlp", "multiply"), ("transformer", "subtract")])
def test_the_spectrum_of_logits_against_numpy(arch: str, op: str) -> None:
    sample = random_sample(arch, op, 13)
    made = picture("logit_spectrum", subject_of(sample), {})
    angles = sample.angles
    logits = sample.logits.numpy()[angles.a.numpy()][:, angles.b.numpy()]
    basis = fourier_basis(angles.n).numpy()
    parts = np.einsum("ia,abc,jb->ijc", basis, logits, basis)
    frequency = (np.arange(angles.n) + 1) // 2
    wanted = np.zeros((angles.n // 2 + 1,) * 2)
    np.add.at(wanted, (frequency[:, None], frequency[None]), np.square(parts).sum(-1))
    norms = made.arrays["norms"].numpy()
    assert np.isnan(norms[0, 0])
    np.testing.assert_allclose(norms.ravel()[1:] ** 2, wanted.ravel()[1:], rtol=1e-5, atol=1e-6)
    wanted[0, 0] = 0
    shares = np.sort(wanted.ravel() / wanted.sum())[::-1]
    np.testing.assert_allclose(made.arrays["share"].numpy(), shares[:16], rtol=1e-5)
    first = tuple(made.arrays["strongest"][0].tolist())
    assert first == np.unravel_index(wanted.argmax(), wanted.shape)
    assert int(made.arrays["highest"]) == angles.n // 2


@pytest.mark.parametrize("arch", ["one-hot", "mlp", "transformer"])
def test_a_large_modulus_takes_a_few_classes(arch: str) -> None:
    config = small(arch, "add", 131, width=16, d_model=8)
    task, parameters = make_task(config), build(config).init(torch.Generator().manual_seed(0))
    train = torch.zeros(131, 131, dtype=torch.bool)
    subject = ModelAtStep(step=0, config=config, parameters=parameters, labels=task.labels, train=train)
    made = picture("logit_spectrum", subject, {})
    assert "59 output classes" in made.summary
    assert made.arrays["norms"].shape == (66, 66)


def test_all_neurons_of_one_wave_follow_it() -> None:
    made = picture("neuron_spectrum", one_wave(), {})
    # (cos x + cos y)² = 1 + cos 2x / 2 + cos 2y / 2 + cos(x + y) + cos(x − y): the products hold 1 of 1.25 parts.
    shares = made.arrays["shares"].double() / 255
    torch.testing.assert_close(shares[:, 4], torch.full((16,), 0.8, dtype=torch.float64), rtol=0, atol=0.003)
    torch.testing.assert_close(shares[:, 9], torch.full((16,), 0.2, dtype=torch.float64), rtol=0, atol=0.003)
    assert made.arrays["total"].tolist() == [16]


def test_neurons_stand_by_frequency_and_are_counted() -> None:
    sample = trained_sample("one-hot")
    made = picture("neuron_spectrum", subject_of(sample), {})
    rows = neuron_rows(sample.config, sample.parameters, sample.angles)
    shares = frequency_shares(rows, sample.angles, 128).max(-1)
    explained = shares.indices[shares.values >= 0.85] + 1
    best = made.arrays["shares"].argmax(-1)[made.arrays["shares"].amax(-1) > 128]
    assert best.tolist() == sorted(best.tolist())
    groups = dict(made.arrays["groups"].tolist())
    assert groups == {k: int((explained == k).sum()) for k in set(explained.tolist())}
    assert list(groups.values()) == sorted(groups.values(), reverse=True)
    assert made.summary == f"{len(explained)} of 128 neurons follow one frequency"


def test_each_layer_of_neurons_can_be_chosen() -> None:
    config = small("one-hot", "add", 7, width=8, depth=2)
    sample = random_sample("one-hot", "add", 7)
    task = make_task(config)
    parameters = build(config).init(torch.Generator().manual_seed(0))
    subject = ModelAtStep(step=0, config=config, parameters=parameters, labels=task.labels, train=sample.train)
    first, second, beyond = (picture("neuron_spectrum", subject, {"layer": at}).arrays["shares"] for at in (0, 1, 9))
    assert not torch.equal(first, second)
    assert torch.equal(second, beyond)


def test_the_parts_of_one_wave() -> None:
    made = picture("waves", one_wave(), {})
    phase = torch.linspace(0, math.pi, 16, dtype=torch.float64).repeat(2)
    size = math.sqrt(31 / 2)
    assert made.arrays["frequencies"].tolist() == [5]
    torch.testing.assert_close(made.arrays["coefficients"][0, 0], size * phase.cos())
    torch.testing.assert_close(made.arrays["coefficients"][0, 1], -size * phase.sin())
    wanted = [float(phase.cos().norm()) * size, float(phase.sin().norm()) * size]
    assert made.arrays["norms"][0].tolist() == pytest.approx(wanted)
    between = math.degrees(math.acos(float((-phase.cos() * phase.sin()).sum()) * size**2 / math.prod(wanted)))
    assert float(made.arrays["between"]) == pytest.approx(between)


def test_many_coefficients_keep_the_largest() -> None:
    subject = subject_of(random_sample("one-hot", "add", 31))
    wide = {**subject.parameters, "W_a": torch.randn(31, 999), "W_b": torch.randn(31, 999)}
    made = picture("waves", replace(subject, parameters=wide), {})
    assert made.arrays["coefficients"].shape[-1] == 256
    assert made.arrays["features"].tolist() == [1998]
