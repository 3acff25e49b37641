"""Optimizer, filter, loss and penalties changed while a model trains: with its weights, and the same bits again."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from grokterm.config import choices
from grokterm.errors import ConfigError
from grokterm.lab import engine_checks
from grokterm.lab.engine import Engine
from tests.lab.examples import small
from tests.lab.test_engine import assert_same_state

CHOICES: list[dict[str, Any]] = [
    *({"optimizer": name} for name in choices("optimizer")),
    *({"filter": name, "ma_window": 4} for name in choices("filter")),
    *({"loss": name} for name in choices("loss")),
    {"temperature": 2.0},
    {"l1": 0.01},
    {"dropout": 0.3},
    {"jacobian": 0.1},
    {"norm_clamp": 0.8},
    {"decay_to": "init"},
    {"optimizer": "muon", "filter": "orthograd", "norm_clamp": 1.1, "decay_to": "init", "dropout": 0.1},
]


def changed(values: dict[str, Any], at: int = 8) -> Engine:
    engine = Engine(small(p=7, batch_size=9))
    engine.advance(at)
    engine.apply_settings(engine.config.changed(values))
    return engine


@pytest.mark.parametrize("values", CHOICES, ids=str)
def test_a_state_before_and_behind_the_change_goes_on_with_the_same_bits(values: dict[str, Any]) -> None:
    through = changed(values)
    behind = Engine(through.config)
    behind.load_state_dict(through.state_dict())
    before = Engine(small(p=7, batch_size=9))
    before.advance(3)
    resumed = Engine(before.config)
    resumed.load_state_dict(before.state_dict())
    resumed.advance(5)
    resumed.apply_settings(through.config)
    assert through.advance(6) == 6
    behind.advance(2)
    again = Engine(behind.config)
    again.load_state_dict(behind.state_dict())
    again.advance(4)
    resumed.advance(6)
    for other in (again, resumed):
        assert_same_state(through.state_dict(), other.state_dict())
    assert through.measure() == again.measure() == resumed.measure()


@pytest.mark.parametrize("values", CHOICES, ids=str)
def test_what_comes_back_to_the_first_choice_has_a_state_that_can_be_loaded(values: dict[str, Any]) -> None:
    engine = changed(values)
    engine.advance(3)
    engine.apply_settings(small(p=7, batch_size=9))
    engine.advance(3)
    resumed = Engine(engine.config)
    resumed.load_state_dict(engine.state_dict())
    assert_same_state(engine.state_dict(), resumed.state_dict())


def test_another_optimizer_keeps_the_weights_and_warms_up_again() -> None:
    engine = Engine(small(p=7, warmup=10))
    engine.advance(30)
    before = {name: tensor.clone() for name, tensor in engine.parameters.items()}
    engine.apply_settings(engine.config.changed({"optimizer": "signsgd", "weight_decay": 0.0}))
    assert all(torch.equal(tensor, before[name]) for name, tensor in engine.parameters.items())
    engine.advance(1)
    moved = (engine.parameters["W_out"] - before["W_out"]).abs()
    assert float(moved.max()) == pytest.approx(engine.config.lr / 10, rel=1e-9)


def test_a_filter_does_not_touch_the_state_of_the_optimizer() -> None:
    engine = Engine(small(p=7))
    engine.advance(30)
    before = engine.state_dict()
    engine.apply_settings(engine.config.changed({"filter": "grokfast-ema"}))
    after = engine.state_dict()
    assert {name for name in after if name not in before} == {
        *(f"optimizer.slow_gradient.{name}" for name in engine.parameters),
        "optimizer.gradients_seen",
    }
    for name, tensor in before.items():
        assert torch.equal(tensor, after[name])


def test_a_state_of_a_run_that_changed_nothing_has_the_names_that_it_always_had() -> None:
    engine = Engine(small(p=7))
    engine.advance(3)
    names = {
        f"{kind}.{name}" for kind in ("parameters", "optimizer.mean", "optimizer.square") for name in engine.parameters
    }
    numbers = {"optimizer.count", "step", "batches.epoch", "batches.position", "gradient_norm"}
    assert engine.state_dict().keys() == names | numbers


def norm(parameters: dict[str, Tensor]) -> float:
    return float(torch.cat([tensor.flatten() for tensor in parameters.values()]).norm())


@pytest.mark.parametrize("rebuilt", [False, True])
def test_the_norm_is_held_at_a_factor_of_its_start_however_late(rebuilt: bool) -> None:
    engine = Engine(small(p=7))
    engine.advance(5)
    if rebuilt:
        engine.rebuild(engine.config.changed({"width": 16}), keep=False)
    start = norm(engine.parameters) if rebuilt else norm(Engine(small(p=7)).parameters)
    engine.advance(5)
    engine.apply_settings(engine.config.changed({"optimizer": "lion"}))
    engine.advance(5)
    engine.apply_settings(engine.config.changed({"norm_clamp": 0.5}))
    engine.advance(1)
    assert norm(engine.parameters) == pytest.approx(start / 2, rel=1e-12)
    resumed = Engine(engine.config)
    resumed.load_state_dict(engine.state_dict())
    for one in (engine, resumed):
        one.apply_settings(one.config.changed({"norm_clamp": 0.8}))
        one.advance(3)
        assert norm(one.parameters) == pytest.approx(start * 0.8, rel=1e-12)


def test_decay_to_the_initial_weights_ends_there() -> None:
    engine = Engine(small(p=7, lr=0.1, weight_decay=0.0))
    start = {name: tensor.clone() for name, tensor in engine.parameters.items()}
    engine.advance(20)
    assert not torch.allclose(engine.parameters["W_a"], start["W_a"], atol=0.05)
    # At a temperature of 1,000 the loss has next to no gradient, and signs of it would not be small.
    values = {"decay_to": "init", "weight_decay": 1.0, "optimizer": "sgd", "momentum": 0.0, "temperature": 1000.0}
    engine.apply_settings(engine.config.changed(values))
    engine.advance(400)
    for name, tensor in engine.parameters.items():
        assert_close(tensor, start[name], atol=1e-3, rtol=0)


def test_more_gradients_than_there_is_room_for_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_checks, "WINDOW_FLOATS", 10_000)
    config = small(p=7)
    size = sum(tensor.numel() for tensor in Engine(config).parameters.values())
    wanted = config.changed({"filter": "grokfast-ma", "ma_window": 100})
    words = (
        f"--ma-window 100 would hold 100 gradients of {size} numbers: choose {10_000 // size} at most for this model"
    )
    with pytest.raises(ConfigError, match=words):
        Engine(wanted)
    engine = Engine(config)
    with pytest.raises(ConfigError, match=words):
        engine.apply_settings(wanted)
    with pytest.raises(ConfigError, match="--ma-window"):
        engine.rebuild(wanted.changed({"width": 40}), keep=False)
    assert engine.config == config
    assert engine.advance(3) == 3
