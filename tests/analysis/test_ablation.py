from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch

from grokterm.analysis.ablation import (
    only_frequencies,
    score,
    weights_without_frequencies,
    without_frequencies,
    without_head,
    without_neurons,
)
from grokterm.analysis.activations import activations
from grokterm.analysis.fourier import basis_of, fourier_norms, over_basis
from grokterm.analysis.measures import angle_means
from grokterm.analysis.pairs import table_answer
from grokterm.analysis.weights import read_out
from grokterm.lab.models import build
from tests.analysis.models import OPERATIONS, make_engine, random_sample, sample, small, trained_sample
from tests.reference import measures_numpy as reference


@pytest.mark.parametrize("op", ["add", "divide"])
def test_a_score_is_that_of_the_engine(op: str) -> None:
    engine = make_engine(small("mlp", op, 31, width=32, lr=1e-2))
    engine.advance(30)
    found = sample(engine.config, {name: value.detach() for name, value in engine.parameters.items()}, (1,))
    got, expected = score(partial(found.model.logits, found.parameters), found.labels, found.train), engine.measure()
    for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy"):
        assert float(getattr(got, name)) == pytest.approx(getattr(expected, name), rel=1e-5)
    prediction, confidence = engine.predictions()
    assert torch.equal(got.prediction, prediction)
    torch.testing.assert_close(got.confidence, confidence)


@pytest.mark.parametrize("op", OPERATIONS)
def test_logits_without_and_with_nothing_but_frequencies(op: str) -> None:
    found = trained_sample("mlp", op)
    angles, p = found.angles, 31
    answer = table_answer(found.logits)
    mean = angle_means(angles.rows(found.logits), angles).mean
    table = reference.over_group(found.logits.numpy(), op)
    part = reference.project(table, found.keys)
    a, b = angles.pairs()
    without = without_frequencies(answer, mean, angles, found.keys)(a, b)
    np.testing.assert_allclose(without.view(table.shape).numpy(), table - part, rtol=1e-9, atol=1e-9)
    only = only_frequencies(answer, mean, angles, found.keys)(a, b)
    np.testing.assert_allclose(only.view(table.shape).numpy(), part + table.mean((0, 1)), rtol=1e-9, atol=1e-9)
    if angles.n < p:
        zeros = torch.zeros(p, dtype=torch.int64), torch.arange(p)
        for ghost in (without_frequencies, only_frequencies):
            torch.testing.assert_close(ghost(answer, mean, angles, found.keys)(*zeros), found.logits[0])


def test_a_grokked_model_needs_its_key_frequencies_and_no_others() -> None:
    found = trained_sample("transformer", "add")
    answer = table_answer(found.logits)
    mean = angle_means(found.angles.rows(found.logits), found.angles).mean

    def test_accuracy(ghost: object) -> float:
        return float(score(ghost, found.labels, found.train).test_accuracy)  # type: ignore[arg-type]

    whole = test_accuracy(answer)
    norms = fourier_norms(found.parameters["W_E"][:-1])
    largest, smallest = 1 + int(norms.argmax()), 1 + int(norms.argmin())
    assert whole > 0.9
    assert test_accuracy(without_frequencies(answer, mean, found.angles, [largest])) < whole - 0.1
    assert abs(test_accuracy(without_frequencies(answer, mean, found.angles, [smallest])) - whole) < 0.01


@pytest.mark.parametrize(("arch", "op"), [("mlp", "subtract"), ("embed-mlp", "divide"), ("transformer", "add")])
def test_frequencies_can_be_taken_out_of_the_weights(arch: str, op: str) -> None:
    found = random_sample(arch, op)
    basis, _ = basis_of(op, 31)
    for keep in (False, True):
        changed = weights_without_frequencies(found.config, found.parameters, found.angles, [2, 5], keep)
        for before, after in zip(
            found.model.first_layer(found.parameters), found.model.first_layer(changed), strict=True
        ):
            norms = fourier_norms(over_basis(after, basis))
            gone = torch.zeros(len(norms), dtype=torch.bool)
            gone[[1, 4]] = True
            gone ^= keep
            torch.testing.assert_close(norms[~gone], fourier_norms(over_basis(before, basis))[~gone])
            assert norms[gone].max() < 1e-12
            if op == "divide":
                assert torch.equal(before[0], after[0])
    assert torch.equal(found.parameters["W_out" if arch != "transformer" else "W_U"], changed[
        "W_out" if arch != "transformer" else "W_U"
    ])  # fmt: skip


@pytest.mark.parametrize("arch", ["mlp", "embed-mlp", "transformer"])
def test_without_neurons_their_part_of_the_logits_is_gone(arch: str) -> None:
    found = random_sample(arch, "add")
    chosen = torch.tensor([3, 40])
    pairs = torch.arange(31 * 31)
    layer = "0.neurons" if arch == "transformer" else "neurons_1"
    seen = activations(found.config, found.parameters, pairs // 31, pairs % 31)[layer][:, chosen]
    part = seen @ read_out(found.config, found.parameters)[chosen]
    changed = without_neurons(found.config, found.parameters, chosen)
    got = found.model.logits(changed, pairs // 31, pairs % 31)
    torch.testing.assert_close(got, found.logits.flatten(0, 1) - part)


def test_neurons_of_an_inner_layer_are_cut_off_from_the_next() -> None:
    config = small("mlp", "add", 7, depth=2, width=6)
    fresh = build(config).init(torch.Generator().manual_seed(0))
    changed = without_neurons(config, fresh, torch.tensor([1]), 0)
    assert (changed["W_2"][1] == 0).all()
    assert torch.equal(changed["W_out"], fresh["W_out"])
    assert (without_neurons(config, fresh, torch.tensor([1]))["W_out"][1] == 0).all()


def test_without_a_head_nothing_of_it_reaches_the_stream() -> None:
    found = random_sample("transformer", "add")
    changed = without_head(found.config, found.parameters, 1)
    altered = {**found.parameters, "0.W_V": found.parameters["0.W_V"].clone()}
    altered["0.W_V"][:, 8:] = 0
    pairs = torch.arange(31 * 31)
    torch.testing.assert_close(
        found.model.logits(changed, pairs // 31, pairs % 31), found.model.logits(altered, pairs // 31, pairs % 31)
    )
    assert not torch.equal(changed["0.W_O"], found.parameters["0.W_O"])
