"""Every model against the plain textbook model: logits and every gradient, in float64 to 1e-9."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from grokterm.config import Config, choices
from grokterm.lab.models import build
from grokterm.lab.models.layout import Layout
from grokterm.lab.seeds import generator
from grokterm.lab.tasks import Pairs, make_task
from grokterm.tasks.rules import OPERATIONS
from tests.lab.examples import all_pairs, loss_and_gradient, random_parameters, small
from tests.reference.plain import plain_gradients, plain_logits

SIZES = (5, 12, 31)
REPLICAS = ((3,), (2, 2))
DEPTHS = (1, 2, 3)
VARIANTS = list(itertools.product(choices("arch"), DEPTHS, choices("layer_norm"), choices("activation")))
OF_THREE = [
    (arch, depth, choices("layer_norm")[norm], choices("activation")[(i + j + norm) % 3])
    for i, arch in enumerate(choices("arch"))
    for j, depth in enumerate(DEPTHS)
    for norm in range(3)
]
"""A third of the variants, so that any three parts of a variant come together in one of them."""


def each_with(values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Every variant of `OF_THREE` with one of the values, so that each of these comes with every part of a variant."""
    return [(values[(at % 3 + at // 3 % 3) % len(values)], *found) for at, found in enumerate(OF_THREE)]


def test_any_three_parts_of_a_variant_come_together_and_with_every_value() -> None:
    for parts in itertools.combinations(range(4), 3):
        assert {tuple(one[i] for i in parts) for one in OF_THREE} == {tuple(one[i] for i in parts) for one in VARIANTS}
    for values in (SIZES, REPLICAS):
        for part in range(4):
            found = {(value, variant[part]) for value, *variant in each_with(values)}
            assert found == {(value, variant[part]) for value in values for variant in VARIANTS}


def assert_like_plain(config: Config, pairs: Pairs, seed: int = 0, most: int = 10**9) -> None:
    """Logits, loss and every gradient of the pairs equal the plain model's."""
    model = build(config)
    parameters = random_parameters(model, seed)
    layout = Layout(model.shapes())
    loss, gradient = loss_and_gradient(model, layout, layout.flatten(parameters), pairs, most)
    plain_loss, plain_gradient = plain_gradients(config, parameters, pairs.a, pairs.b, pairs.labels)
    logits = model.logits(parameters, pairs.a, pairs.b)
    assert_close(logits, plain_logits(config, parameters, pairs.a, pairs.b), rtol=1e-9, atol=1e-9)
    assert_close(loss, plain_loss, rtol=1e-9, atol=1e-9)
    gradients = layout.unflatten(gradient)
    assert gradients.keys() == plain_gradient.keys()
    for name, expected in plain_gradient.items():
        assert_close(gradients[name], expected, rtol=1e-9, atol=1e-9, msg=f"gradient by {name}")


@pytest.mark.parametrize(("p", "arch", "depth", "layer_norm", "activation"), each_with(SIZES))
def test_every_variant_is_the_plain_model(p: int, arch: str, depth: int, layer_norm: str, activation: str) -> None:
    config = small(p=p, arch=arch, depth=depth, layer_norm=layer_norm, activation=activation)
    task = make_task(config)
    assert_like_plain(config, task.pairs(task.train))


@pytest.mark.parametrize("arch", choices("arch"))
@pytest.mark.parametrize("op", list(OPERATIONS))
def test_every_operation_is_the_plain_model(arch: str, op: str) -> None:
    task = make_task(config := small(p=13, arch=arch, op=op))
    assert_like_plain(config, task.pairs(task.train))


@given(
    p=st.sampled_from(SIZES),
    variant=st.sampled_from(VARIANTS),
    width=st.integers(1, 20),
    heads=st.sampled_from([1, 2, 4]),
    d_head=st.integers(1, 5),
    count=st.integers(1, 40),
    seed=st.integers(0, 1000),
    most=st.integers(1, 50),
)
def test_any_sizes_and_any_pairs_are_the_plain_model(
    p: int, variant: tuple[Any, ...], width: int, heads: int, d_head: int, count: int, seed: int, most: int
) -> None:
    arch, depth, layer_norm, activation = variant
    sizes = {"p": p, "width": width, "heads": heads, "d_model": heads * d_head, "depth": depth}
    config = small(arch=arch, layer_norm=layer_norm, activation=activation, **sizes)
    draw = torch.Generator().manual_seed(seed)
    pairs = make_task(config).pairs(torch.randint(0, p * p, (count,), generator=draw))
    assert_like_plain(config, pairs, seed, most)


def test_the_same_tensor_may_be_a_and_b() -> None:
    config = small(arch="transformer", depth=2)
    model, n = build(config), torch.arange(5)
    parameters = random_parameters(model)
    assert_close(model.logits(parameters, n, n), plain_logits(config, parameters, n, n.clone()))


@pytest.mark.parametrize(("replicas", "arch", "depth", "layer_norm", "activation"), each_with(REPLICAS))
def test_every_replica_is_its_own_run(
    replicas: tuple[int, ...], arch: str, depth: int, layer_norm: str, activation: str
) -> None:
    config = small(arch=arch, depth=depth, layer_norm=layer_norm, activation=activation)
    model = build(config)
    layout = Layout(model.shapes())
    flat = layout.flatten(random_parameters(model, replicas=replicas))
    task = make_task(config)
    pairs = task.pairs(task.train)
    loss, gradient = loss_and_gradient(model, layout, flat, pairs, 7)
    logits = model.logits(layout.unflatten(flat), pairs.a, pairs.b)
    assert logits.shape == (*replicas, len(pairs), config.p)
    for index in itertools.product(*map(range, replicas)):
        own_loss, own_gradient = loss_and_gradient(model, layout, flat[index], pairs, 7)
        assert_close(loss[index], own_loss)
        assert_close(gradient[index], own_gradient, rtol=1e-9, atol=1e-12)
        own_rows = model.input_tables(layout.unflatten(flat[index]))
        for rows, own in zip(model.input_tables(layout.unflatten(flat)), own_rows, strict=True):
            assert torch.equal(rows[index], own)


@pytest.mark.parametrize(("arch", "depth", "layer_norm", "activation"), OF_THREE)
def test_fresh_parameters_have_the_shapes_and_a_loss_near_chance(
    arch: str, depth: int, layer_norm: str, activation: str
) -> None:
    config = small(p=31, arch=arch, depth=depth, layer_norm=layer_norm, activation=activation, width=64, d_model=32)
    model = build(config)
    parameters = model.init(generator(0, "parameters"))
    assert {name: tuple(tensor.shape) for name, tensor in parameters.items()} == model.shapes()
    assert list(parameters) == list(model.shapes())
    assert {tensor.dtype for tensor in parameters.values()} == {torch.float32}
    assert set(model.transferable) <= parameters.keys()
    logits = model.logits(parameters, *all_pairs(31))
    assert logits.isfinite().all()
    for rows in model.input_tables(parameters):
        assert rows.shape[-2] == 31


def test_initial_weights_are_those_of_nn_linear_and_of_nanda_et_al() -> None:
    mlp = build(Config(arch="one-hot")).init(generator(0, "parameters"))
    for name, bound in {"W_a": 194**-0.5, "b_1": 194**-0.5, "W_out": 512**-0.5, "b_out": 512**-0.5}.items():
        assert 0.9 * bound < mlp[name].abs().max() <= bound
    transformer = build(Config(arch="transformer")).init(generator(0, "parameters"))
    for name in ("W_E", "W_pos", "0.W_Q", "0.W_K", "0.W_V", "0.W_O", "0.W_in", "0.W_out"):
        assert transformer[name].std().item() == pytest.approx(128**-0.5, rel=0.05)
    assert transformer["W_U"].std().item() == pytest.approx(98**-0.5, rel=0.02)
    assert transformer["0.b_in"].count_nonzero() == transformer["0.b_out"].count_nonzero() == 0
