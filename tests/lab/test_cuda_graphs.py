"""Steps without a look in between are the same steps; on CUDA, where they are captured graphs, too."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from grokterm.config import Config
from grokterm.lab import cuda_graphs
from grokterm.lab import engine as engine_module
from grokterm.lab.engine import Engine
from tests.lab.cuda import only_on_cuda
from tests.lab.examples import ARCHITECTURES, small
from tests.lab.test_engine import assert_same_state

DEVICES = [
    "cpu",
    pytest.param("cuda", marks=only_on_cuda),
]


@pytest.fixture(autouse=True)
def seven_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for device in ("cpu", "cuda"):
        monkeypatch.setitem(engine_module.STEPS_PER_CHECK, device, 7)


def one_by_one(config: Config, steps: int, changes: dict[int, dict[str, Any]] | None = None) -> dict[str, Tensor]:
    """The state after steps with a look after each, without a burst or a graph."""
    before = dict(engine_module.STEPS_PER_CHECK)
    engine_module.STEPS_PER_CHECK.update(dict.fromkeys(before, 1))
    try:
        engine = Engine(config)
        for step in range(steps):
            engine.apply_settings(engine.config.changed((changes or {}).get(step, {})))
            assert engine.advance(1) == 1
    finally:
        engine_module.STEPS_PER_CHECK.update(before)
    return engine.state_dict()


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor], device: str) -> None:
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        # A library may choose another product for a captured step: on CUDA only one and the same way has its bits.
        rtol, atol = (0.0, 0.0) if device == "cpu" else (1e-8, 1e-10)
        assert_close(tensor, other[name], rtol=rtol, atol=atol, equal_nan=True, msg=name)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("batch_size", ["full", 40])
def test_bursts_are_the_steps_one_by_one(arch: str, batch_size: int | str, device: str) -> None:
    config = small(p=13, arch=arch, batch_size=batch_size, device=device)
    engine = Engine(config)
    assert engine.advance(17) == 17
    assert engine.step == 17
    assert_same(engine.state_dict(), one_by_one(config, 17), device)


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize(
    "values", [{"weight_decay": 5.0}, {"lr": 0.05}, {"beta1": 0.2, "beta2": 0.9}, {"batch_size": 30}, {"epsilon": 0.1}]
)
def test_a_change_acts_from_the_next_step_on(values: dict[str, Any], device: str) -> None:
    config = small(p=13, device=device)
    engine = Engine(config)
    engine.advance(9)
    engine.apply_settings(config.changed(values))
    engine.advance(9)
    assert_same(engine.state_dict(), one_by_one(config, 18, {9: values}), device)
    unchanged = Engine(config)
    unchanged.advance(18)
    assert not torch.equal(unchanged.parameters["W_out"], engine.parameters["W_out"])


@pytest.mark.parametrize("device", DEVICES)
def test_a_rebuilt_model_and_a_loaded_state_are_trained_on(device: str) -> None:
    engine = Engine(small(p=13, device=device))
    engine.advance(8)
    engine.rebuild(engine.config.changed({"width": 20}), keep=True)
    engine.advance(8)
    state = engine.state_dict()
    engine.advance(8)
    after = engine.state_dict()
    engine.load_state_dict(state)
    engine.advance(8)
    for name, tensor in engine.state_dict().items():
        assert torch.equal(tensor, after[name]), name


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("batch_size", ["full", 5])
def test_a_burst_stops_before_the_step_that_is_not_finite(batch_size: int | str, device: str) -> None:
    config = small(lr=10.0, weight_decay=1000.0, warmup=0, batch_size=batch_size, device=device)
    engine = Engine(config)
    taken = engine.advance(500)
    assert not engine.finite
    assert taken == engine.step < 500
    assert_same(engine.state_dict(), one_by_one(config, taken), device)
    assert engine.advance(1) == 0


@pytest.mark.parametrize("device", DEVICES)
@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_the_same_run_twice_has_the_same_bits(arch: str, precision: str, device: str) -> None:
    config = small(p=53, arch=arch, width=256, d_model=64, precision=precision, device=device)
    one, other = Engine(config), Engine(config)
    one.advance(10)
    for steps in (1, 8, 1):
        other.advance(steps)
        other.measure()
    assert_same_state(one.state_dict(), other.state_dict())


@only_on_cuda
def test_graphs_are_captured_once_for_each_size_of_batch() -> None:
    engine = Engine(small(p=13, batch_size=40, device="cuda"))
    engine.advance(30)
    burst = engine._step_batch
    assert burst is not None
    assert len(burst._graphs) == len({40, len(engine.task.train) % 40})
    assert len(burst._graphs) <= cuda_graphs.MAX_GRAPHS
