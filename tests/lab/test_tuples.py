"""Tasks of other than two inputs: labels and splits, models against the textbook, and steps that come out again."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch
from torch.nn import functional
from torch.testing import assert_close

from grokterm.config import Config, choices
from grokterm.config.architectures import ARCHITECTURES
from grokterm.errors import ConfigError
from grokterm.lab.batches import Batches
from grokterm.lab.engine import Engine
from grokterm.lab.models import build, build_any
from grokterm.lab.models.layout import Layout
from grokterm.lab.seeds import generator
from grokterm.lab.strategies import choose_strategy
from grokterm.lab.tuples import TupleTask, make_data, secret_coordinates
from tests.lab.examples import random_parameters, small
from tests.lab.test_engine import assert_same_state
from tests.reference.tuples import tuple_logits

SUM: dict[str, Any] = {"task": "sum", "p": 5}
FORMULA: dict[str, Any] = {"op": "a^2 + bc", "p": 5}
PARITY: dict[str, Any] = {"task": "parity", "n": 10, "k": 3, "train_size": 20}
ARCHITECTURES_OF_ANY = [name for name, spec in ARCHITECTURES.items() if spec.any_inputs is not None]
TASKS = (SUM, {**SUM, "k": 4, "p": 3}, FORMULA, PARITY)
VARIANTS = [
    (task, arch, depth, choices("layer_norm")[(i + j + depth) % len(choices("layer_norm"))])
    for i, task in enumerate(TASKS)
    for j, arch in enumerate(ARCHITECTURES_OF_ANY)
    for depth in (1, 2)
]
"""Every norm with every task, architecture and depth."""


def data_of(config: Config) -> TupleTask:
    data = make_data(config)
    assert isinstance(data, TupleTask)
    return data


def test_a_sum_has_every_tuple_once_with_its_sum() -> None:
    data = data_of(small(task="sum", p=5, k=3))
    assert data.points.tolist() == [list(tokens) for tokens in itertools.product(range(5), repeat=3)]
    assert data.labels.tolist() == [sum(tokens) % 5 for tokens in itertools.product(range(5), repeat=3)]
    assert sorted([*data.train.tolist(), *data.test.tolist()]) == list(range(125))
    assert len(data.train) == 62


def test_a_formula_of_three_letters_has_its_values() -> None:
    data = data_of(small(op="a^2 + 3bc - 1", p=7))
    a, b, c = data.points.long().unbind(-1)
    assert data.labels.tolist() == ((a * a + 3 * b * c - 1) % 7).tolist()


def test_where_a_formula_is_not_defined_is_in_neither_set() -> None:
    data = data_of(small(op="a/b + c", p=5))
    used = data.points[torch.cat([data.train, data.test])]
    assert len(used) == 5 * 4 * 5
    assert (used[:, 1] != 0).all()
    assert data.labels[int(torch.tensor([1, 2, 4]) @ torch.tensor([25, 5, 1]))] == (1 * 3 + 4) % 5


def test_a_parity_is_the_product_of_its_secret_coordinates() -> None:
    config = small(task="parity", n=20, k=3, train_size=300)
    data, secret = data_of(config), secret_coordinates(config)
    signs = 1 - 2 * data.points.long()
    assert len(set(secret.tolist())) == 3
    assert torch.equal(1 - 2 * data.labels, signs[:, secret].prod(-1))
    other = signs[:, [i for i in range(20) if i not in secret.tolist()]]
    assert not any(torch.equal(1 - 2 * data.labels, one) for one in other.T)
    assert {tuple(secret_coordinates(small(task="parity", n=20, seed=seed)).tolist()) for seed in range(5)} != {
        tuple(secret.tolist())
    }


@pytest.mark.parametrize(
    ("n", "train_size", "tested"), [(20, 500, 1000), (40, 1000, 1000), (11, 1024, 1000), (10, 512, 512)]
)
def test_points_of_a_parity_are_distinct_and_those_of_the_test_fresh(n: int, train_size: int, tested: int) -> None:
    data = data_of(small(task="parity", n=n, k=3, train_size=train_size))
    points = [tuple(point) for point in data.points.tolist()]
    assert len(data.train) == train_size
    assert len(data.test) == tested
    assert len(set(points)) == len(points) == train_size + tested
    assert set(data.train.tolist()).isdisjoint(data.test.tolist())
    assert abs(sum(map(sum, points)) / (len(points) * n) - 0.5) < 0.1


def test_more_training_points_leave_those_there_are_and_the_test_set() -> None:
    few, many = (data_of(small(task="parity", n=20, train_size=size, corrupt=0.5)) for size in (100, 300))
    count = len(few.points)
    assert torch.equal(few.points, many.points[:count])
    assert torch.equal(few.test, many.test)
    assert torch.equal(few.train, many.train[:100])
    again = data_of(small(task="parity", n=20, train_size=100, corrupt=0.5))
    assert torch.equal(few.points, again.points)
    assert not torch.equal(few.points, data_of(small(task="parity", n=20, train_size=100, seed=1)).points)


@pytest.mark.parametrize("task", TASKS, ids=str)
def test_wrong_labels_are_as_many_as_asked_for_and_among_the_training_set(task: dict[str, Any]) -> None:
    for share in (0.0, 0.25, 1.0):
        data = data_of(small(**task, corrupt=share))
        wrong = (data.labels != data.noisy_labels).nonzero().squeeze(-1)
        assert len(wrong) == int(share * len(data.train))
        assert set(wrong.tolist()) <= set(data.train.tolist())
        assert data.noisy_labels.min() >= 0
    half = data_of(small(**task, corrupt=0.5))
    quarter = data_of(small(**task, corrupt=0.25))
    of_half, of_quarter = ((one.labels != one.noisy_labels) for one in (half, quarter))
    assert (of_half | ~of_quarter).all()


@pytest.mark.parametrize(("task", "arch", "depth", "layer_norm"), VARIANTS, ids=str)
def test_logits_and_gradients_are_those_of_the_plain_model(
    task: dict[str, Any], arch: str, depth: int, layer_norm: str
) -> None:
    config = small(**task, arch=arch, depth=depth, layer_norm=layer_norm, activation="gelu")
    network, data = build_any(config), make_data(config)
    examples = data.examples(data.train[:11])
    parameters = random_parameters(network)
    leaves = {name: tensor.clone().requires_grad_() for name, tensor in parameters.items()}
    expected = tuple_logits(config, leaves, examples.tokens)
    assert_close(network.logits_of(parameters, examples), expected, rtol=1e-9, atol=1e-9)
    inputs = network.inputs_of(parameters, examples)
    assert_close(network.logits_of_inputs(parameters, inputs), expected, rtol=1e-9, atol=1e-9)

    loss = functional.cross_entropy(expected, examples.labels)
    layout = Layout(network.shapes())
    found, gradient = choose_strategy(network, layout, layout.flatten(parameters), 4).loss_and_gradient(examples)
    assert_close(found, loss.detach(), rtol=1e-9, atol=1e-9)
    plain = torch.autograd.grad(loss, list(leaves.values()), allow_unused=True)
    for (name, part), wanted in zip(layout.unflatten(gradient).items(), plain, strict=True):
        assert_close(part, torch.zeros_like(part) if wanted is None else wanted, rtol=1e-9, atol=1e-9, msg=name)


@pytest.mark.parametrize("task", TASKS, ids=str)
@pytest.mark.parametrize("arch", ARCHITECTURES_OF_ANY)
def test_every_replica_is_its_own_run(task: dict[str, Any], arch: str) -> None:
    config = small(**task, arch=arch, depth=2, layer_norm="pre")
    network, data = build_any(config), make_data(config)
    layout, examples = Layout(network.shapes()), data.examples(data.train)
    flat = layout.flatten(random_parameters(network, replicas=(2, 2)))
    loss, gradient = choose_strategy(network, layout, flat, 7).loss_and_gradient(examples)
    assert network.logits_of(layout.unflatten(flat), examples).shape == (2, 2, len(examples), config.class_count)
    for index in itertools.product(range(2), range(2)):
        own_loss, own_gradient = choose_strategy(network, layout, flat[index], 7).loss_and_gradient(examples)
        assert_close(loss[index], own_loss)
        assert_close(gradient[index], own_gradient, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("task", TASKS, ids=str)
@pytest.mark.parametrize("arch", ARCHITECTURES_OF_ANY)
def test_fresh_parameters_have_the_shapes_and_a_loss_near_chance(task: dict[str, Any], arch: str) -> None:
    config = small(**task, arch=arch, width=64, d_model=32)
    network, data = build_any(config), make_data(config)
    parameters = network.init(generator(0, "parameters"))
    assert {name: tuple(tensor.shape) for name, tensor in parameters.items()} == network.shapes()
    assert list(parameters) == list(network.shapes())
    assert set(network.transferable) <= parameters.keys()
    examples = data.examples(data.test)
    loss = network.score(parameters, examples)[0] / len(examples)
    chance = math.log(config.shape.answers)
    assert 0.8 * chance < loss < 2.2 * chance


@pytest.mark.parametrize("task", TASKS, ids=str)
def test_batches_visit_each_training_example_once_an_epoch(task: dict[str, Any]) -> None:
    data = make_data(small(**task))
    batches = Batches(data, 0)
    seen: list[int] = []
    while batches.epoch < 1:
        examples = batches.next(7)
        assert torch.equal(examples.labels, data.labels[examples.numbers])
        seen += examples.numbers.tolist()
    assert sorted(seen) == data.train.tolist()


LIVE: dict[str, Any] = {"batch_size": 8, "dropout": 0.2, "jacobian": 0.1, "norm_clamp": 1.0, "init_scale": 0.5}


@pytest.mark.parametrize("task", TASKS, ids=str)
@pytest.mark.parametrize("arch", ARCHITECTURES_OF_ANY)
def test_steps_are_the_same_bits_twice_and_from_a_state(task: dict[str, Any], arch: str) -> None:
    config = small(**task, arch=arch, precision="float32", **LIVE, optimizer="muon", filter="grokfast-ema", corrupt=0.2)
    first, second = Engine(config), Engine(config)
    first.advance(6)
    state = first.state_dict()
    first.advance(4)  # of 8 batches in an epoch, where there are most
    second.advance(10)
    restored = Engine(config)
    restored.load_state_dict(state)
    restored.advance(4)
    for other in (second, restored):
        assert_same_state(first.state_dict(), other.state_dict())
    assert first.measure() == restored.measure()


@pytest.mark.parametrize("change", [{"corrupt": 0.5}, {"loss": "mse"}, {"optimizer": "lion"}, {"norm_clamp": 0.9}])
@pytest.mark.parametrize("task", TASKS, ids=str)
def test_changes_act_at_once(task: dict[str, Any], change: dict[str, Any]) -> None:
    config = small(**task, batch_size=8)
    engine, other = Engine(config), Engine(config)
    for one in (engine, other):
        one.advance(3)
    engine.apply_settings(config.changed(change))
    for one in (engine, other):
        one.advance(3)
    assert not torch.equal(engine.state_dict()["parameters.W_out"], other.state_dict()["parameters.W_out"])


def test_more_training_points_act_at_once() -> None:
    engine = Engine(small(**PARITY))
    engine.advance(3)
    engine.apply_settings(engine.config.changed({"train_size": 30}))
    engine.advance(1)
    assert len(engine.data.train) == 30
    engine.apply_settings(engine.config.changed({"train_size": 20}))
    assert len(engine.data.train) == 20


@pytest.mark.parametrize("task", TASKS, ids=str)
def test_another_architecture_is_built_and_keeps_what_fits(task: dict[str, Any]) -> None:
    engine = Engine(small(**task))
    engine.advance(3)
    out = engine.parameters["W_out"].clone()
    engine.rebuild(engine.config.changed({"arch": "mlp"}), keep=True)
    assert torch.equal(engine.parameters["W_out"], out)
    engine.rebuild(engine.config.changed({"arch": "transformer"}), keep=True)
    assert engine.advance(2) == 2


def test_the_change_of_the_first_layer_is_its_distance_in_l1_from_the_start() -> None:
    config = small(**PARITY, arch="one-hot")
    engine = Engine(config)
    start = engine.parameters["W_1"].clone()
    assert engine.measure().weight_change_l1 == 0.0
    engine.advance(5)
    state = engine.state_dict()
    change = float((engine.parameters["W_1"] - start).abs().sum())
    assert engine.measure().weight_change_l1 == pytest.approx(change, rel=1e-12)
    restored = Engine(config)
    restored.load_state_dict(state)
    assert restored.measure().weight_change_l1 == engine.measure().weight_change_l1
    engine.rebuild(config.changed({"width": 7}), keep=False)
    assert engine.measure().weight_change_l1 == 0.0
    assert Engine(small(**SUM)).measure().weight_change_l1 is None
    assert Engine(small()).measure().weight_change_l1 is None


def test_pairs_are_asked_for_in_vain_with_a_sentence() -> None:
    engine = Engine(small(**PARITY))
    for ask in (lambda: engine.model, lambda: engine.task, lambda: engine.top_classes(1, 2, 3)):
        with pytest.raises(ConfigError, match="parity of 3 of 10 has no table of pairs"):
            ask()
    with pytest.raises(ConfigError, match="parity of 3 of 10"):
        build(engine.config)


def test_the_hinge_loss_of_two_classes_is_that_of_one_output() -> None:
    """Weston and Watkins' loss of logits z is max(0, 1 − y f) of f = z₁ − z₀, with y −1 and 1 for labels 0 and 1."""
    config = small(**PARITY, loss="hinge")
    network, data = build_any(config), make_data(config)
    examples, parameters = data.examples(data.train), random_parameters(network)
    logits = network.logits_of(parameters, examples)
    margin = (logits[:, 1] - logits[:, 0]) * (2 * examples.labels - 1)
    layout = Layout(network.shapes())
    loss, _ = choose_strategy(network, layout, layout.flatten(parameters), 100).loss_and_gradient(examples)
    assert_close(loss, (1 - margin).clamp(min=0).mean())


@pytest.mark.parametrize("task", TASKS, ids=str)
def test_small_products_stay_in_float32_on_a_cpu(task: dict[str, Any]) -> None:
    assert Engine(small(**task, precision="auto")).precision == "float32"
    assert Engine(small(**task, precision="bfloat16")).precision == "bfloat16"
