"""Which strategy takes the steps of a model, and that it is chosen once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from grokterm.lab import native
from grokterm.lab.circumstances import circumstances
from grokterm.lab.engine import Engine
from grokterm.lab.models import build
from grokterm.lab.models.layout import Layout
from grokterm.lab.strategies import Strategy, choose_strategy
from grokterm.lab.tasks import Pairs, make_task
from tests.lab.examples import ARCHITECTURES, random_parameters, small

KNOWN: dict[str, Any] = {"p": 11, "width": 32, "d_model": 32, "heads": 2, "precision": "float32"}
"""Sizes and products that all kernels know."""


def chosen(replicas: tuple[int, ...] = (), most: int = 10**6, **values: Any) -> Strategy:
    config = small(**values)
    model = build(config)
    layout = Layout(model.shapes())
    return choose_strategy(model, layout, layout.flatten(random_parameters(model, replicas=replicas)).float(), most)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_without_kernels_a_plain_model_is_taken_by_hand_and_others_by_autograd(arch: str) -> None:
    assert chosen(arch=arch).name == "by hand in torch"
    assert chosen(arch=arch, activation="gelu", classes="p+1").name == "by hand in torch"
    assert chosen(arch=arch, depth=2).name == "autograd"
    assert chosen(arch=arch, layer_norm="post").name == "autograd"
    assert chosen(arch=arch, replicas=(3,)).name == "autograd"


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_kernels_take_what_they_know(arch: str) -> None:
    assert chosen(arch=arch, **KNOWN).name == "kernels"
    assert chosen(arch=arch, replicas=(2, 3), **KNOWN).name == "kernels"
    assert chosen(arch=arch, **KNOWN | {"width": 33}).name == "by hand in torch"


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_kernels_that_come_later_leave_the_steps_as_they_are(arch: str, library: Path) -> None:
    config = small(arch=arch, **KNOWN)
    engine, other = Engine(config), Engine(config)
    assert native.load(library)
    try:
        engine.advance(5)
        found = engine.measure()
        assert circumstances(engine)["strategy"] == "by hand in torch"
        assert Engine(config).strategy.name == "kernels"
    finally:
        native.load(None)
    other.advance(5)
    assert other.measure() == found
    assert all(torch.equal(tensor, engine.parameters[name]) for name, tensor in other.parameters.items())


def pairs_of(strategy: Strategy) -> tuple[Pairs, Pairs]:
    task = make_task(strategy.model.config)
    return task.pairs(task.train), task.pairs(task.test)


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("activation", ["relu", "gelu", "quadratic"])
@pytest.mark.parametrize("most", [10**6, 20])
def test_scores_of_two_sets_are_those_of_each_from_the_logits(arch: str, activation: str, most: int) -> None:
    strategy = chosen(arch=arch, activation=activation, most=most, p=11)
    parameters = strategy.layout.unflatten(strategy.flat)
    for pairs, (loss, right) in zip(pairs_of(strategy), strategy.scores(*pairs_of(strategy)), strict=True):
        expected, count = strategy.model.score(parameters, pairs)
        assert loss == pytest.approx(expected, rel=1e-5)
        assert right == count
        assert strategy.scores(pairs) == [(loss, right)]


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_scores_of_two_sets_by_kernels_are_those_of_each(arch: str) -> None:
    strategy = chosen(arch=arch, **KNOWN)
    train, test = pairs_of(strategy)
    assert strategy.scores(train, test) == strategy.scores(train) + strategy.scores(test)


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("batch_size", ["full", 20])
def test_measures_between_steps_by_kernels_leave_their_bits(arch: str, batch_size: str | int) -> None:
    config = small(arch=arch, batch_size=batch_size, **KNOWN)
    measured, other = Engine(config), Engine(config)
    for _ in range(4):
        assert measured.advance(1) == other.advance(1) == 1
        found = measured.measure()
        assert found == measured.measure()
    assert found == other.measure()
    assert all(torch.equal(tensor, measured.parameters[name]) for name, tensor in other.parameters.items())


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_a_step_taken_ahead_is_that_of_its_parameters_and_pairs_alone(arch: str) -> None:
    strategy = chosen(arch=arch, **KNOWN)
    train, test = pairs_of(strategy)

    def gradient_of(pairs: Pairs) -> torch.Tensor:
        return strategy.loss_and_gradient(pairs)[1].clone()

    of_train, of_test = gradient_of(train), gradient_of(test)
    gradient_of(train)
    strategy.scores(train, test)
    assert torch.equal(gradient_of(test), of_test)
    gradient_of(train)
    strategy.scores(train)
    strategy.layout.unflatten(strategy.flat)["W_E" if arch == "transformer" else "W_out"].mul_(2)
    of_others = gradient_of(train)
    assert not torch.equal(of_others, of_train)
    strategy.scores(train)
    assert torch.equal(gradient_of(train), of_others)
