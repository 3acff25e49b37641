"""Models whose steps the kernels take, against the same models in torch; skipped where there are no kernels."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch.nn import functional

from grokterm.config import Config
from grokterm.config.architectures import Architecture
from grokterm.config.losses import Loss
from grokterm.config.model import Activation
from grokterm.kernels.build import FOLDER
from grokterm.lab import native
from grokterm.lab.engine import Engine
from grokterm.lab.losses import cross_entropy_sum
from grokterm.lab.models import build as build_model
from grokterm.lab.models.layout import Layout
from grokterm.lab.precision import product_for
from grokterm.lab.strategies import choose_strategy
from grokterm.lab.tasks import make_task
from tests.lab.examples import ARCHITECTURES, drawn_pairs, loss_and_gradient, random_parameters
from tests.lab.rounding import check_rounding
from tests.lab.test_engine import assert_same_state
from tests.needs import AMX, need

pytestmark = pytest.mark.usefixtures("kernels")

KNOWN = [*((arch, "relu") for arch in ARCHITECTURES), ("one-hot", "quadratic"), ("mlp", "quadratic")]
"""Models that the kernels take."""
Products = Literal["bfloat16", "float32"]
PRECISIONS: tuple[Products, ...] = ("bfloat16", "float32")


@pytest.fixture(params=PRECISIONS)
def precision(request: pytest.FixtureRequest, kernels: None) -> Products:
    """Each precision in which kernels take steps here."""
    found: Products = request.param
    need(native.has_product(product_for(found)), AMX)
    return found


@pytest.mark.parametrize(("arch", "activation"), KNOWN)
@pytest.mark.parametrize("p", [7, 31])
def test_a_step_by_hand_is_that_of_autograd(
    arch: Architecture, activation: Activation, p: int, precision: Products
) -> None:
    config = Config(p=p, arch=arch, activation=activation, width=64, d_model=32, heads=2)
    model = build_model(config, product_for(precision))
    layout = Layout(model.shapes())
    flat = layout.flatten(random_parameters(model)).float()
    task = make_task(config)
    pairs = task.pairs(task.train)
    loss, by_hand = loss_and_gradient(model, layout, flat, pairs, 10)
    if precision == "bfloat16":
        summed = {name: gradient * len(pairs) for name, gradient in layout.unflatten(by_hand).items()}
        check_rounding(config, layout.unflatten(flat), pairs, loss * len(pairs), summed)
        return
    native.load(None)
    expected, by_autograd = loss_and_gradient(model, layout, flat, pairs, 10_000)
    assert loss.item() == pytest.approx(expected.item(), rel=1e-4)
    ours, theirs = layout.unflatten(by_hand), layout.unflatten(by_autograd)
    for name, gradient in ours.items():
        assert (gradient - theirs[name]).norm() <= 1e-4 * theirs[name].norm(), name


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize(("batch_size", "loss"), [("full", "cross-entropy"), (200, "cross-entropy"), ("full", "mse")])
def test_training_is_the_training_without_them(
    arch: Architecture, batch_size: int | Literal["full"], loss: Loss, precision: Products
) -> None:
    config = Config(
        p=31,
        arch=arch,
        width=64,
        d_model=32,
        heads=2,
        lr=3e-3,
        batch_size=batch_size,
        loss=loss,
        precision=precision,
        device="cpu",
    )
    with_kernels = Engine(config)
    with_kernels.advance(60)
    assert with_kernels.strategy.name == "kernels"
    ours = with_kernels.measure()
    native.load(None)
    plain = Engine(config)
    plain.advance(60)
    theirs = plain.measure()
    assert ours.train_loss == pytest.approx(theirs.train_loss, rel=0.03)
    assert ours.test_loss == pytest.approx(theirs.test_loss, rel=0.03)
    assert ours.sum_squared_weights == pytest.approx(theirs.sum_squared_weights, rel=0.01)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_the_same_bits_twice(arch: Architecture, precision: Products) -> None:
    config = Config(p=31, arch=arch, width=64, d_model=32, heads=2, precision=precision, device="cpu")
    one, other = Engine(config), Engine(config)
    one.advance(20)
    other.advance(20)
    assert_same_state(one.state_dict(), other.state_dict())


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_replicas_are_runs_of_their_own(arch: Architecture, precision: Products) -> None:
    config = Config(p=31, arch=arch, width=64, d_model=32, heads=2)
    model = build_model(config, product_for(precision))
    layout, task = Layout(model.shapes()), make_task(config)
    flat = layout.flatten(random_parameters(model, replicas=(2, 2))).float()
    tolerance = {"bfloat16": 0.01, "float32": 1e-5}[precision]
    loss, gradient = loss_and_gradient(model, layout, flat, task.pairs(task.train), 1000)
    assert loss.shape == (2, 2)
    for i, j in [(0, 0), (1, 0), (1, 1)]:
        own_loss, own_gradient = loss_and_gradient(model, layout, flat[i, j].clone(), task.pairs(task.train), 1000)
        assert loss[i, j].item() == pytest.approx(own_loss.item(), rel=tolerance)
        assert (gradient[i, j] - own_gradient).norm() <= tolerance * own_gradient.norm()


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_score_is_that_of_the_logits(arch: Architecture, precision: Products) -> None:
    config = Config(p=31, arch=arch, width=64, d_model=32, heads=2)
    model = build_model(config, product_for(precision))
    parameters = {name: tensor.float() for name, tensor in random_parameters(model).items()}
    task = make_task(config)
    pairs = task.pairs(task.test)
    layout = Layout(model.shapes())
    ((loss, right),) = choose_strategy(model, layout, layout.flatten(parameters), 100).scores(pairs)
    logits = build_model(config).logits(parameters, pairs.a, pairs.b)
    assert loss == pytest.approx(float(cross_entropy_sum(logits, pairs.labels)), rel=0.02)
    assert right == pytest.approx(int((logits.argmax(-1) == pairs.labels).sum()), abs=20)


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("p", [7, 16, 31])
def test_the_squared_error_and_its_gradient_are_those_of_autograd(arch: Architecture, p: int) -> None:
    config = Config(p=p, arch=arch, width=64, d_model=32, heads=2, loss="mse")
    model = build_model(config)
    layout, pairs = Layout(model.shapes()), drawn_pairs(301, p)
    flat = layout.flatten(random_parameters(model)).float()
    with_kernels = choose_strategy(model, layout, flat, 10)
    assert with_kernels.name == "kernels"
    loss, gradient = with_kernels.loss_and_gradient(pairs)
    leaf = flat.double().requires_grad_()
    logits = model.logits(layout.unflatten(leaf), pairs.a, pairs.b)
    errors = (logits - functional.one_hot(pairs.labels, p)).square().mean(-1)
    (expected,) = torch.autograd.grad(errors.mean(), leaf)
    assert loss.item() == pytest.approx(errors.mean().item(), rel=1e-5)
    assert (gradient - expected).norm() <= 1e-5 * expected.norm()
    ((scored, right),) = with_kernels.scores(pairs)
    assert scored == pytest.approx(errors.sum().item(), rel=1e-5)
    assert right == int((logits.argmax(-1) == pairs.labels).sum())


@pytest.mark.parametrize(("arch", "activation"), KNOWN)
def test_logits_are_those_of_the_plain_reading_in_any_order(
    arch: Architecture, activation: Activation, precision: Products
) -> None:
    tolerance = {"bfloat16": 0.05, "float32": 1e-4}[precision]
    config = Config(p=31, arch=arch, activation=activation, width=64, d_model=32, heads=2)
    model = build_model(config, product_for(precision))
    parameters = {name: tensor.float() for name, tensor in random_parameters(model).items()}
    pairs = drawn_pairs(333, 31)
    assert model.has_kernel(parameters)
    found, expected = model.residue_logits(parameters, pairs.a, pairs.b), model.logits(parameters, pairs.a, pairs.b)
    torch.testing.assert_close(found, expected, rtol=tolerance, atol=tolerance)
    assert model.residue_logits(parameters, pairs.a[:0], pairs.b[:0]).shape == (0, 31)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_a_changed_training_set_is_the_one_that_kernels_train_on(arch: Architecture, precision: Products) -> None:
    config = Config(p=23, width=64, d_model=32, heads=2, arch=arch, device="cpu", precision=precision)
    engine = Engine(config)
    for change in ({"train_fraction": 0.2, "corrupt": 0.5}, {"train_fraction": 0.5, "corrupt": 0.0}):
        engine.advance(3)
        engine.apply_settings(engine.config.changed(change))
        opened = Engine(engine.config)
        opened.load_state_dict(engine.state_dict())
        assert opened.measure() == engine.measure()
        engine.advance(3)
        opened.advance(3)
        assert all(torch.equal(x, opened.parameters[name]) for name, x in engine.parameters.items())


def test_a_pair_of_a_transformer_takes_three_terms_of_each_head() -> None:
    config = Config(p=7, arch="transformer", width=32, d_model=32, heads=2)
    model = build_model(config, product_for("float32"))
    by_terms = model.product_sizes(20)
    native.load(None)
    without = model.product_sizes(20)
    assert sorted(without) == sorted([*without[:3], *by_terms[3:-2]])
    assert (without[0], without[2]) == ((20, 32, 32), (20, 32, 7))
    assert (by_terms[0], by_terms[2], *by_terms[-2:]) == ((20, 6, 32), (20, 6, 7), (15, 32, 32), (15, 32, 7))


def test_the_kernels_bound_terms_as_they_are_said_to() -> None:
    assert "#define MOST_TERMS (1 << 24)" in (FOLDER / "step.h").read_text()


def test_a_transformer_too_large_for_terms_makes_what_attention_gives() -> None:
    product = product_for("float32")
    assert native.takes_terms(product, 97, 512, 16)
    assert native.takes_terms(product, 509, 1536, 8)
    assert not native.takes_terms(product, 509, 1568, 8)
    assert not native.takes_terms(product_for("bfloat16"), 97, 512, 4)
