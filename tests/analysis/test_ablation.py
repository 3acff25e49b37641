from __future__ import annotations

from functools import partial

import pytest
import torch

from grokterm.analysis.ablation import (
    Score,
    ablated,
    score,
    weights_without_frequencies,
    without_head,
    without_neurons,
)
from grokterm.analysis.activations import activations
from grokterm.analysis.fourier import basis_of, fourier_norms, over_basis
from grokterm.analysis.measures import angle_means
from grokterm.analysis.pairs import logits_from_table
from grokterm.analysis.weights import neuron_logit_map
from grokterm.lab.engine import Engine
from grokterm.lab.models import build
from grokterm.surgery import Ablation
from tests.analysis.models import make_engine, random_sample, sample, small, trained_sample
from tests.lab.predictions import predictions
from tests.reference.ablated_logits import without_frequencies


@pytest.mark.parametrize("op", ["add", "divide"])
def test_a_score_is_that_of_the_engine(op: str) -> None:
    engine = make_engine(small("one-hot", op, 31, width=32, lr=1e-2))
    engine.advance(30)
    found = sample(engine.config, {name: value.detach() for name, value in engine.parameters.items()}, (1,))
    got, expected = score(partial(found.model.logits, found.parameters), found.labels, found.train), engine.measure()
    for name in ("train_loss", "test_loss", "train_accuracy", "test_accuracy"):
        assert float(getattr(got, name)) == pytest.approx(getattr(expected, name), rel=1e-5)
    prediction, confidence = predictions(engine)
    assert torch.equal(got.prediction, prediction)
    torch.testing.assert_close(got.confidence, confidence)


def test_a_grokked_model_needs_its_key_frequencies_and_no_others() -> None:
    found = trained_sample("transformer", "add")
    answer = logits_from_table(found.logits)
    mean = angle_means(logits_from_table(found.logits), found.angles).mean

    def test_accuracy(ghost: object) -> float:
        return float(score(ghost, found.labels, found.train).test_accuracy)  # type: ignore[arg-type]

    whole = test_accuracy(answer)
    norms = fourier_norms(found.parameters["W_E"][:-1])
    largest, smallest = 1 + int(norms.argmax()), 1 + int(norms.argmin())
    assert whole > 0.9
    assert test_accuracy(without_frequencies(answer, mean, found.angles, [largest])) < whole - 0.1
    assert abs(test_accuracy(without_frequencies(answer, mean, found.angles, [smallest])) - whole) < 0.01


@pytest.mark.parametrize(("arch", "op"), [("one-hot", "subtract"), ("mlp", "divide"), ("transformer", "add")])
def test_frequencies_can_be_taken_out_of_the_weights(arch: str, op: str) -> None:
    found = random_sample(arch, op)
    basis, _ = basis_of(op, 31)
    for keep in (False, True):
        changed = weights_without_frequencies(found.config, found.parameters, found.angles, [2, 5], keep)
        for before, after in zip(
            found.model.input_tables(found.parameters), found.model.input_tables(changed), strict=True
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


@pytest.mark.parametrize("arch", ["one-hot", "mlp", "transformer"])
def test_without_neurons_their_part_of_the_logits_is_gone(arch: str) -> None:
    found = random_sample(arch, "add")
    chosen = torch.tensor([3, 40])
    pairs = torch.arange(31 * 31)
    layer = "0.neurons" if arch == "transformer" else "neurons_1"
    seen = activations(found.config, found.parameters, pairs // 31, pairs % 31)[layer][:, chosen]
    part = seen @ neuron_logit_map(found.config, found.parameters)[chosen]
    changed = without_neurons(found.config, found.parameters, chosen)
    got = found.model.logits(changed, pairs // 31, pairs % 31)
    torch.testing.assert_close(got, found.logits.flatten(0, 1) - part)


def test_neurons_of_an_inner_layer_are_cut_off_from_the_next() -> None:
    config = small("one-hot", "add", 7, depth=2, width=6)
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


def without(engine: Engine, ablation: Ablation) -> Score:
    answer = partial(engine.model.logits, ablated(engine.config, engine.parameters, ablation))
    return score(answer, engine.task.noisy_labels, engine.task.train_mask)


def test_a_closed_form_model_needs_the_frequencies_that_it_has_and_no_others() -> None:
    config = small("one-hot", "add", 23, width=3 * 7, activation="quadratic").changed({"init": "closed-form"})
    engine = make_engine(config)
    norms = fourier_norms(engine.parameters["W_a"])
    keys = tuple((norms > 1).nonzero().squeeze(-1).add(1).tolist())
    intact = without(engine, Ablation())
    assert (len(keys), float(intact.test_accuracy)) == (3, 1)
    for k in range(1, 12):
        found = without(engine, Ablation(frequencies=(k,)))
        # A single frequency tells all answers apart, but by a smaller gap.
        assert float(found.test_accuracy) == 1
        assert (float(found.test_loss) > 2 * float(intact.test_loss)) == (k in keys)
        assert k in keys or float(found.test_loss) == pytest.approx(float(intact.test_loss), rel=1e-3)
    assert float(without(engine, Ablation(frequencies=keys)).test_accuracy) < 0.1
    assert float(without(engine, Ablation(only=True)).test_accuracy) < 0.1
    only = without(engine, Ablation(frequencies=keys, only=True))
    assert float(only.test_loss) == pytest.approx(float(intact.test_loss), rel=1e-3)
    # The neurons of a frequency are the frequency.
    of_neurons = without(engine, Ablation(neurons=tuple(range(7))))
    of_frequency = without(engine, Ablation(frequencies=keys[:1]))
    assert float(of_neurons.test_loss) == pytest.approx(float(of_frequency.test_loss), rel=1e-3)


@pytest.mark.parametrize(("arch", "depth"), [("one-hot", 2), ("mlp", 3), ("transformer", 2)])
def test_neurons_and_heads_are_counted_through_all_layers(arch: str, depth: int) -> None:
    engine = make_engine(small(arch, "add", 11, width=6, d_model=8, depth=depth))
    neurons = (1, 6 * depth - 1)
    heads = (0, 2 * depth - 1) if arch == "transformer" else ()
    found = ablated(engine.config, engine.parameters, Ablation(neurons=neurons, heads=heads))
    expected = without_neurons(engine.config, engine.parameters, torch.tensor([1]), 0)
    expected = without_neurons(engine.config, expected, torch.tensor([5]), depth - 1)
    if heads:
        expected = without_head(engine.config, expected, 0, 0)
        expected = without_head(engine.config, expected, 1, depth - 1)
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    assert sum(not torch.equal(found[name], tensor) for name, tensor in engine.parameters.items()) == 2 + len(heads)
