"""Losses, temperature and penalties against plain PyTorch, over 20 steps, and inside captured steps."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional
from torch.testing import assert_close

from grokterm.config import Config, choices
from grokterm.lab.engine import Engine
from grokterm.lab.hashing import key_of, random_bits
from grokterm.lab.models import Parameters, build
from grokterm.lab.models.layout import Layout
from grokterm.lab.objective import Objective
from grokterm.lab.optimizers import Hyperparameters, Optimizer
from grokterm.lab.strategies import AutogradStrategy, choose_strategy
from grokterm.lab.tasks import Pairs
from tests.lab.examples import ARCHITECTURES, drawn_pairs, loss_and_gradient, random_parameters, small
from tests.lab.fakes import audited
from tests.reference.hashed import bits
from tests.reference.losses import jacobian, plain_loss
from tests.reference.optimizers import PlainRun
from tests.reference.plain import plain_logits

LOSSES = choices("loss")
CPU = torch.device("cpu")


def plain_neurons_kept(config: Config, step: int, pairs: Pairs) -> Tensor:
    """What the neurons of the first layer are multiplied with, [n, width]."""
    key, least = key_of(config.seed, "dropout"), int(config.dropout * 2**32 - 2**31)
    rows = (pairs.a * pairs.p + pairs.b).tolist()
    kept = [[bits(key, step, 1, row, column) >= least for column in range(config.width)] for row in rows]
    return torch.tensor(kept).double() / (1 - config.dropout)


def plain_objective(config: Config, parameters: Parameters, pairs: Pairs, step: int) -> Tensor:
    """What a step of the one-hot MLP or of any model without dropout lowers, but for L1."""
    if config.dropout:
        hidden = functional.relu(parameters["W_a"][pairs.a] + parameters["W_b"][pairs.b] + parameters["b_1"])
        hidden = hidden * plain_neurons_kept(config, step, pairs)
        logits = hidden @ parameters["W_out"] + parameters["b_out"]
    else:
        logits = plain_logits(config, parameters, pairs.a, pairs.b)
    total = plain_loss(config, logits, pairs.labels)
    if config.jacobian:
        total = total + config.jacobian / 2 * plain_alignment(config, parameters, pairs, step)
    return total


def plain_alignment(config: Config, parameters: Parameters, pairs: Pairs, step: int) -> Tensor:
    """Mean ‖vᵀJ‖² of the pairs, of the MLPs, whose Jacobian is written out."""
    key, total = key_of(config.seed, "dropout"), torch.zeros((), dtype=torch.float64)
    one_hot = config.arch == "one-hot"
    of_a, of_b = (parameters[n] if one_hot else parameters[f"E_{n[-1]}"] @ parameters[n] for n in ("W_a", "W_b"))
    for a, b in zip(pairs.a.tolist(), pairs.b.tolist(), strict=True):
        signs = [-1.0 if bits(key, step, -1, a * pairs.p + b, j) < 0 else 1.0 for j in range(config.class_count)]
        slope = (of_a[a] + of_b[b] + parameters["b_1"] > 0).double()
        of_hidden = slope * (parameters["W_out"] @ torch.tensor(signs).double())
        total = total + (parameters["W_a"] @ of_hidden).square().sum() + (parameters["W_b"] @ of_hidden).square().sum()
    return total / len(pairs)


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("values", [{}, {"temperature": 0.3}, {"classes": "p+1", "temperature": 7.0}, {"depth": 2}])
def test_losses_and_gradients_are_those_of_plain_pytorch(arch: str, loss: str, values: dict[str, Any]) -> None:
    config = small(p=7).changed({"arch": arch, "loss": loss, **values})
    model, pairs = build(config), drawn_pairs(30, 7)
    layout, parameters = Layout(model.shapes()), random_parameters(model)
    found, gradient = loss_and_gradient(model, layout, layout.flatten(parameters), pairs, 11)
    leaves = {name: tensor.requires_grad_() for name, tensor in parameters.items()}
    expected = plain_loss(config, plain_logits(config, leaves, pairs.a, pairs.b), pairs.labels)
    gradients = torch.autograd.grad(expected, list(leaves.values()))
    assert_close(found, expected.detach(), rtol=1e-11, atol=1e-13)
    for name, one in zip(leaves, gradients, strict=True):
        assert_close(layout.unflatten(gradient)[name], one, rtol=1e-10, atol=1e-13, msg=name)
    strategy = choose_strategy(model, layout, layout.flatten(parameters).detach(), 11)
    ((total, right),) = strategy.scores(pairs)
    assert total == pytest.approx(len(pairs) * float(expected.detach()), rel=1e-11)
    assert 0 <= right <= len(pairs)


CASES: list[dict[str, Any]] = [
    *({"loss": loss} for loss in LOSSES),
    *({"loss": loss, "temperature": 0.5} for loss in LOSSES),
    {"l1": 1e-3, "loss": "mse"},
    {"dropout": 0.3},
    {"dropout": 0.5, "loss": "hinge", "temperature": 2.0, "norm_clamp": 0.9},
    {"jacobian": 0.1},
    {"jacobian": 0.02, "arch": "mlp"},
]


@pytest.mark.parametrize("values", CASES, ids=str)
def test_twenty_steps_are_those_of_a_plain_loop(values: dict[str, Any]) -> None:
    config = small(arch="one-hot").changed(values)
    engine = Engine(config)
    plain = PlainRun(config, engine.parameters, engine.model.hidden_matrices)
    pairs = engine.task.pairs(engine.task.train)
    for step in range(20):
        leaves = {name: tensor.detach().clone().requires_grad_() for name, tensor in plain.w.items()}
        total = plain_objective(config, leaves, pairs, step)
        plain.step(dict(zip(leaves, torch.autograd.grad(total, list(leaves.values())), strict=True)))
    assert engine.advance(20) == 20
    for name, tensor in engine.parameters.items():
        assert_close(tensor, plain.w[name], rtol=1e-9, atol=1e-9, msg=name)


STEPS_OF_ALL_SIGNS = 120
"""By the 90th of these, which are the same everywhere, every projection has been drawn."""


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("depth", [1, 2])
def test_the_projection_estimates_the_norm_of_the_whole_jacobian(arch: str, depth: int) -> None:
    config = small(jacobian=2.0, depth=depth).changed({"arch": arch})
    model, pair = build(config), Pairs(torch.tensor([1]), torch.tensor([3]), torch.tensor([4]), 5)
    parameters, objective = random_parameters(model), Objective(config, CPU)
    whole = float(jacobian(config, parameters, 1, 3).square().sum())
    estimates = []
    for step in range(STEPS_OF_ALL_SIGNS):
        objective.begin(step)
        estimates.append(objective._alignment(model, parameters, pair).item())
    assert sum(estimates) / STEPS_OF_ALL_SIGNS == pytest.approx(whole, rel=0.15)
    each = {round(one, 9) for one in estimates}
    assert len(each) == 2**4  # signs of 5 classes, where v and −v are alike
    assert sum(each) / 2**4 == pytest.approx(whole, rel=1e-8)


def test_bits_are_those_of_the_hash_in_python() -> None:
    key, rows = key_of(3, "dropout"), torch.tensor([0, 5, 3999999])
    for step in (0, 1, 2**31 + 7, 10**12):
        found = random_bits(torch.tensor(key, dtype=torch.int32), torch.tensor(step), 2, rows, 4)
        assert found.tolist() == [[bits(key, step, 2, row, column) for column in range(4)] for row in rows.tolist()]


def test_bits_of_replicas_are_those_of_their_keys() -> None:
    keys, rows, step = torch.tensor([[5], [9]], dtype=torch.int32), torch.arange(6), torch.tensor(3)
    together = random_bits(keys, step, 1, rows, 8)
    for at in range(2):
        assert torch.equal(together[at], random_bits(keys[at, 0], step, 1, rows, 8))


def test_dropout_leaves_out_its_share_and_other_neurons_at_every_step_layer_and_seed() -> None:
    rows, masks = torch.arange(500), {}
    for seed, step, layer in ((0, 0, 1), (0, 1, 1), (0, 0, 2), (1, 0, 1)):
        found = random_bits(
            torch.tensor(key_of(seed, "dropout"), dtype=torch.int32), torch.tensor(step), layer, rows, 200
        )
        masks[seed, step, layer] = (found >= int(0.3 * 2**32 - 2**31)).double()
    for mask in masks.values():
        assert float(mask.mean()) == pytest.approx(0.7, abs=0.01)
        assert float(mask.mean(0).std()) < 0.03
        assert float(mask.mean(1).std()) < 0.05
    stacked = torch.corrcoef(torch.stack([mask.flatten() for mask in masks.values()]))
    assert float((stacked - torch.eye(4)).abs().max()) < 0.02


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("values", [{"dropout": 0.4}, {"jacobian": 0.5}, {"dropout": 0.2, "jacobian": 0.1, "depth": 2}])
def test_what_is_random_does_not_depend_on_how_pairs_are_chunked(arch: str, values: dict[str, Any]) -> None:
    config = small(p=7).changed({"arch": arch, **values})
    model, pairs = build(config), drawn_pairs(30, 7)
    layout, parameters = Layout(model.shapes()), random_parameters(model)
    whole = loss_and_gradient(model, layout, layout.flatten(parameters), pairs, 1000)
    parts = loss_and_gradient(model, layout, layout.flatten(parameters), pairs, 11)
    for one, other in zip(whole, parts, strict=True):
        assert_close(one, other, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("values", [*CASES[:8], {"dropout": 0.4, "depth": 2}, {"jacobian": 0.5}], ids=str)
def test_replicas_are_models_of_their_own(arch: str, values: dict[str, Any]) -> None:
    config = small(p=7).changed({**values, "arch": arch})
    model, pairs = build(config), drawn_pairs(30, 7)
    layout = Layout(model.shapes())
    flat = layout.flatten(random_parameters(model, replicas=(2,)))
    losses, gradients = loss_and_gradient(model, layout, flat, pairs, 1000)
    for at in range(2):
        loss, gradient = loss_and_gradient(model, layout, flat[at].clone(), pairs, 1000)
        assert_close(losses[at], loss, rtol=1e-11, atol=1e-12)
        assert_close(gradients[at], gradient, rtol=1e-10, atol=1e-12)


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_the_kernels_take_cross_entropy_and_squared_error_alone(arch: str) -> None:
    known: dict[str, Any] = {"p": 11, "width": 32, "d_model": 32, "precision": "float32"}
    names = {}
    by_torch = ({"loss": "hinge"}, {"temperature": 2.0}, {"dropout": 0.1}, {"jacobian": 0.1})
    for values in ({}, {"l1": 0.1}, {"loss": "mse"}, *by_torch):
        engine = Engine(small(**known).changed({"arch": arch, **values}))
        names[str(values)] = engine.strategy.name
        assert bool(engine.objective.parts.why_not_by_kernels) == (engine.strategy.name != "kernels")
    by_hand = "by hand in torch"
    assert list(names.values()) == ["kernels"] * 3 + [by_hand] * 2 + ["autograd"] * 2


@pytest.mark.parametrize("values", [*CASES[:8], {"dropout": 0.4}, {"jacobian": 0.5}], ids=str)
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_a_step_may_be_captured(arch: str, values: dict[str, Any]) -> None:
    config = small(p=7, precision="float32").changed({**values, "arch": arch})
    device = torch.device("meta")
    model = build(config)
    layout = Layout(model.shapes())
    flat = torch.zeros(layout.size, device=device)
    a, b, labels = (torch.zeros(30, dtype=torch.int64, device=device) for _ in range(3))
    pairs = Pairs(a, b, labels, 7)
    objective = Objective(config, device)
    strategy = AutogradStrategy(model, layout, flat, 1000, objective)
    optimizer = Optimizer("adamw", flat, Hyperparameters.of(config, device))

    def step() -> None:
        optimizer.step(flat, strategy.loss_and_gradient(pairs)[1])
        objective.advance()

    assert audited(step).wrong == []
