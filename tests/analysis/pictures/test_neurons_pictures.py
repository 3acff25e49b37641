from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from grokterm.analysis.activations import activations, neuron_layers
from grokterm.analysis.model_at_step import ModelAtStep
from tests.analysis.models import OPERATIONS, random_sample, trained_sample
from tests.analysis.pictures.subjects import of_the_past, picture, subject_of


def one_wave(p: int = 31) -> ModelAtStep:
    """A network whose quadratic neuron m reads cos(w_k a + φ) and cos(w_k b + φ), k = m mod 3 + 1; the last are 0."""
    subject = subject_of(random_sample("one-hot", "add", p))
    width = subject.config.width
    m = torch.arange(width).double()
    k, phase = m % 3 + 1, 0.1 * m
    waves = torch.cos(2 * math.pi * k * torch.arange(p)[:, None] / p + phase)
    waves[:, -6:] = 0
    zeros = {name: torch.zeros_like(value) for name, value in subject.parameters.items()}
    parameters = {**zeros, "W_a": waves, "W_b": waves.clone(), "W_out": subject.parameters["W_out"]}
    return replace(subject, config=replace(subject.config, activation="quadratic"), parameters=parameters)


def test_clocks_stand_by_frequency_and_those_without_weights_last() -> None:
    made = picture("clocks", one_wave(), {"count": 48 // 2})
    rest = picture("clocks", one_wave(), {"count": 48 // 2, "page": 1})
    frequencies = [*made.arrays["frequency"].tolist(), *rest.arrays["frequency"].tolist()]
    assert frequencies == [1] * 14 + [2] * 14 + [3] * 14 + [0] * 6
    assert made.arrays["total"].tolist() == [48]
    assert float(made.arrays["share"].min()) == pytest.approx(1)
    first = int(made.arrays["neuron"][0])
    expected = one_wave().parameters["W_a"][:, first]
    torch.testing.assert_close(made.arrays["values"][0, 0], expected, atol=1e-9, rtol=0)


@pytest.mark.parametrize("op", ["add", "multiply", "x3+xy"])
def test_pages_of_clocks_hold_every_neuron_once(op: str) -> None:
    subject = subject_of(random_sample("mlp", op, 31))
    pages = [picture("clocks", subject, {"page": page, "count": 10}) for page in range(5)]
    neurons = [n for page in pages for n in page.arrays["neuron"].tolist()]
    assert sorted(neurons) == list(range(48))
    last = picture("clocks", subject, {"page": 99, "count": 10})
    assert last.arrays["neuron"].tolist() == pages[-1].arrays["neuron"].tolist()
    assert pages[0].arrays["residues"].tolist()[:3] == ([1, 3, 9] if op == "multiply" else [0, 1, 2])
    assert ("no frequencies" in pages[0].summary) == (op == "x3+xy")


def test_before_and_now_are_the_same_neurons() -> None:
    now, then = one_wave(), subject_of(random_sample("one-hot", "add", 31))
    then = replace(then, config=now.config)
    new, old = picture("clocks", now, {}), picture("clocks", of_the_past(then, now), {})
    assert new.arrays["neuron"].tolist() == old.arrays["neuron"].tolist()
    assert new.arrays["frequency"].tolist() == old.arrays["frequency"].tolist()
    assert float(old.arrays["share"].max()) < 0.8


@pytest.mark.parametrize("arch", ["one-hot", "mlp", "transformer"])
@pytest.mark.parametrize("op", ["add", "divide"])
def test_activations_follow_the_models_own(arch: str, op: str) -> None:
    subject = subject_of(random_sample(arch, op, 13))
    made = picture("activations", subject, {"neuron": 4, "count": 3})
    residues = [pow(2, i, 13) for i in range(12)] if op == "divide" else list(range(13))
    assert made.names["axes"] == (("log a", "log b") if op == "divide" else ("a", "b"))
    assert made.arrays["maps"].shape == (3, len(residues), len(residues))
    everything = picture("activations", subject, {"count": 32})
    assert made.arrays["neuron"].tolist() == everything.arrays["neuron"].tolist()[4:7]
    layer = neuron_layers(subject.config)[-1]
    for i, j in ((0, 0), (3, 7), (11, 2)):
        a, b = torch.tensor([residues[i]]), torch.tensor([residues[j]])
        wanted = activations(subject.config, subject.parameters, a, b)[layer][0, made.arrays["neuron"]]
        torch.testing.assert_close(made.arrays["maps"][:, i, j], wanted)


def test_stripes_of_a_wave_are_found() -> None:
    made = picture("activations", one_wave(), {"count": 1})
    assert made.arrays["frequency"].tolist() == [1]
    p, neuron = 31, int(made.arrays["neuron"][0])
    a, b = np.indices((p, p))
    wave = [np.cos(2 * np.pi * x / p + 0.1 * neuron) for x in (a, b)]
    np.testing.assert_allclose(made.arrays["maps"][0].numpy(), (wave[0] + wave[1]) ** 2, atol=1e-9)


def test_what_a_neuron_adds_to_the_correct_logit() -> None:
    subject = subject_of(trained_sample("one-hot", "add", 31))
    made = picture("contribution", subject, {"neuron": 2})
    neuron = int(made.arrays["neuron"][0])
    weights = subject.parameters["W_out"][neuron].numpy()
    activation = made.arrays["maps"][0].numpy()
    above = weights - weights.mean()
    np.testing.assert_allclose(made.arrays["maps"][1].numpy(), activation * above[subject.labels.numpy()], rtol=1e-9)
    np.testing.assert_allclose(made.arrays["weights"].numpy(), above, atol=1e-12)
    assert float(made.arrays["adds"][0]) == pytest.approx(float(made.arrays["maps"][1].mean()))


def test_contributions_to_a_product_stand_by_logarithms() -> None:
    subject = subject_of(trained_sample("one-hot", "multiply", 31))
    made = picture("contribution", subject, {})
    order = [pow(3, i, 31) for i in range(30)]
    weights = subject.parameters["W_out"][int(made.arrays["neuron"][0])]
    torch.testing.assert_close(made.arrays["weights"], (weights - weights.mean())[order])
    added = made.arrays["maps"][1] / made.arrays["maps"][0].clamp(min=1e-12)
    at = (made.arrays["maps"][0] > 1e-6).nonzero()[0]
    wanted = order.index(order[int(at[0])] * order[int(at[1])] % 31)
    assert float(added[at[0], at[1]]) == pytest.approx(float(made.arrays["weights"][wanted]))


def test_groups_count_every_neuron_once() -> None:
    made = picture("groups", one_wave(), {})
    assert set(made.arrays["frequency"].tolist()) <= {1, 2, 3, 4, 6}
    counted = int(made.arrays["explained"].sum() + made.arrays["others"].sum() + made.arrays["silent"].sum())
    assert counted == 48
    assert made.arrays["silent"].tolist() == [6]


def test_trained_neurons_are_explained_where_fresh_ones_are_not() -> None:
    shares = []
    for found in (trained_sample("transformer", "add", 31), random_sample("transformer", "add", 31)):
        arrays = picture("groups", subject_of(found), {}).arrays
        shares.append(float(arrays["explained"].sum() / arrays["total"]))
        assert ((arrays["share"] >= 0) & (arrays["share"] <= 1 + 1e-9)).all()
    assert shares[0] > 0.3
    assert shares[1] < 0.05


def test_groups_say_why_there_are_none() -> None:
    made = picture("groups", subject_of(random_sample("one-hot", "x3+xy", 31)), {})
    assert not made.arrays
    assert made.summary.startswith("no invertible basis")


@pytest.mark.parametrize("name", ["clocks", "activations", "contribution", "groups"])
@pytest.mark.parametrize("op", [*OPERATIONS, "x3+xy"])
def test_weights_that_are_not_finite_do_no_harm(name: str, op: str) -> None:
    subject = subject_of(random_sample("transformer", op, 7))
    broken = {key: value * math.nan for key, value in subject.parameters.items()}
    made = picture(name, replace(subject, parameters=broken), {})
    assert made.arrays or made.summary.startswith("no invertible basis")
