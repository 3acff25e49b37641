"""Steps in few operations, as CUDA takes them, with numbers: on the CPU, in float64, against the plain models."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from grokterm.config import Config, choices
from grokterm.lab.cuda_graphs import StepBatch
from grokterm.lab.engine import Engine
from grokterm.lab.models import build
from grokterm.lab.models.fused_pairs import FusedPairsModel
from grokterm.lab.models.layout import Layout
from grokterm.lab.objective import Objective
from grokterm.lab.optimizers import Hyperparameters, Optimizer
from grokterm.lab.precision import product_for
from grokterm.lab.strategies import FewOperationsStrategy
from grokterm.lab.tasks import Pairs, make_task
from tests.lab.examples import ARCHITECTURES, drawn_pairs, random_parameters, small
from tests.lab.rounding import check_rounding
from tests.reference.plain import plain_gradients


def strategy(config: Config, flat: Tensor, most: int = 10**6) -> FewOperationsStrategy:
    model = build(config, product_for(config.precision))
    assert isinstance(model, FusedPairsModel)
    return FewOperationsStrategy(model, Layout(model.shapes()), flat, most, Objective(config, flat.device))


def drawn(config: Config, dtype: torch.dtype = torch.float64) -> Tensor:
    model = build(config)
    return Layout(model.shapes()).flatten(random_parameters(model)).to(dtype)


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("activation", choices("activation"))
@pytest.mark.parametrize("classes", choices("classes"))
@pytest.mark.parametrize("most", [10**6, 7])
def test_loss_and_gradient_are_those_of_the_plain_model(arch: str, activation: str, classes: str, most: int) -> None:
    config = small(p=7, arch=arch, activation=activation, classes=classes)
    few = strategy(config, flat := drawn(config), most)
    for pairs in (drawn_pairs(40, 7, seed) for seed in range(3)):
        loss, gradient = few.loss_and_gradient(pairs)
        expected, slopes = plain_gradients(config, few.layout.unflatten(flat), pairs.a, pairs.b, pairs.labels)
        assert_close(loss, expected, rtol=1e-9, atol=1e-9)
        for name, slope in few.layout.unflatten(gradient).items():
            assert_close(slope, slopes[name], rtol=1e-9, atol=1e-9, msg=name)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_in_bfloat16_they_differ_by_its_rounding(arch: str) -> None:
    config = Config(p=31, width=24, d_model=8, heads=2, precision="bfloat16").changed({"arch": arch})
    few = strategy(config, flat := drawn(config, torch.float32))
    task = make_task(config)
    pairs = task.pairs(task.train)
    loss, gradient = few.loss_and_gradient(pairs)
    parameters, summed = few.layout.unflatten(flat), few.layout.unflatten(gradient * len(pairs))
    check_rounding(config, parameters, pairs, loss * len(pairs), summed)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_what_is_kept_of_lasting_pairs_gives_the_same_bits(arch: str) -> None:
    config = small(p=7, arch=arch)
    few = strategy(config, drawn(config), 9)
    one = drawn_pairs(40, 7)
    reused = Pairs(one.a, one.b, one.labels, 7, reused=True)
    loss, gradient = few.loss_and_gradient(one)
    expected = (loss.clone(), gradient.clone())
    for _ in range(2):
        found = few.loss_and_gradient(reused)
        assert all(torch.equal(x, y) for x, y in zip(found, expected, strict=True))
    assert not one.cache
    assert len(reused.cache) == 1


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("most", [10**6, 9])
def test_pairs_that_are_written_over_are_read_anew_as_a_captured_step_needs_it(arch: str, most: int) -> None:
    config = small(p=7, arch=arch)
    few = strategy(config, drawn(config), most)
    given, others = drawn_pairs(40, 7), drawn_pairs(40, 7, seed=1)
    few.loss_and_gradient(given)
    for name in ("a", "b", "labels"):
        getattr(given, name).copy_(getattr(others, name))
    loss, gradient = few.loss_and_gradient(given)
    expected = (loss.clone(), gradient.clone())
    assert all(torch.equal(x, y) for x, y in zip(few.loss_and_gradient(others), expected, strict=True))


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("batch_size", ["full", 40])
def test_a_run_is_that_of_the_engine(arch: str, batch_size: int | str) -> None:
    config = small(p=13, arch=arch, batch_size=batch_size, weight_decay=2.0)
    engine, other = Engine(config), Engine(config)
    few = strategy(config, other._flat)
    optimizer = Optimizer(config.optimizer, other._flat, Hyperparameters.of(config, other.device), "planned")
    burst = StepBatch(few, optimizer)
    engine.advance(30)
    numbers = burst.run(other._batches.next(config.batch_size) for _ in range(30))
    assert numbers is not None
    for name, tensor in engine.parameters.items():
        assert_close(other.parameters[name], tensor, rtol=1e-9, atol=1e-11, msg=name)


@pytest.mark.parametrize("values", [{}, {"width": 20}])
def test_a_run_that_is_not_finite_is_put_back_and_goes_on(values: dict[str, Any]) -> None:
    config = small(p=7, **values)
    few = strategy(config, flat := drawn(config))
    optimizer = Optimizer(config.optimizer, flat, Hyperparameters.of(config, flat.device), "planned")
    burst, pairs = StepBatch(few, optimizer), drawn_pairs(20, 7)
    before = flat.clone()
    optimizer.update(config.changed({"lr": 10.0, "weight_decay": 1000.0, "warmup": 0}))
    assert burst.run([pairs] * 200) is None
    assert torch.equal(flat, before)
    assert optimizer.count == 0
    optimizer.update(config)
    again = strategy(config, expected := before.clone())
    fresh = Optimizer(config.optimizer, expected, Hyperparameters.of(config, flat.device), "planned")
    assert burst.run([pairs] * 3) == StepBatch(again, fresh).run([pairs] * 3)
    assert torch.equal(flat, expected)
