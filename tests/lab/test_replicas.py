"""Runs that train together as replicas are the runs alone: by kernels bit for bit."""

from __future__ import annotations

import itertools
import math
from typing import Any

import pytest
import torch

from grokterm.config import Config
from grokterm.errors import ConfigError
from grokterm.lab.engine import CHUNK_FLOATS, Engine
from grokterm.lab.replicas import Replicas, floats_of_replica
from grokterm.measures import Measures
from tests.lab.cuda import only_on_cuda
from tests.lab.examples import small

SIZES: dict[str, Any] = {"p": 11, "width": 32, "d_model": 32, "heads": 2}
OWN: list[dict[str, Any]] = [
    {},
    {"lr": 0.02, "weight_decay": 0.1, "momentum": 0.5, "muon_lr": 0.01},
    {"seed": 3, "train_fraction": 0.3, "op": "subtract", "init_scale": 1.3},
    {"corrupt": 0.5, "seed": 2, "ema_alpha": 0.9, "ma_lambda": 1.0},
    {"warmup": 40, "warmup_from": 0, "beta1": 0.8, "beta2": 0.99, "epsilon": 1e-6, "nesterov": "on"},
]
"""In what the runs differ."""
CHAINS: list[dict[str, Any]] = [
    *({"optimizer": name, "lr": 1e-3} for name in ("adam", "sgd", "muon", "lion", "signsgd")),
    {"l1": 1e-4},
    {"norm_clamp": 0.9},
    {"decay_to": "init"},
    {"filter": "grokfast-ema"},
    {"filter": "grokfast-ma", "ma_window": 7},
    {"filter": "orthograd"},
]

MANY = 12
"""Steps that fill a window of 7 gradients and take some of the next, and in which the batches begin anew."""


def configs_of(own: list[dict[str, Any]] = OWN, **values: Any) -> list[Config]:
    return [small(**{**SIZES, **values, **one}) for one in own]


def alone(config: Config, steps: int) -> Engine:
    engine = Engine(config)
    assert engine.advance(steps) == steps
    return engine


def assert_same_bits(replicas: Replicas, i: int, engine: Engine) -> None:
    found = replicas.parameters(i)
    assert found.keys() == engine.parameters.keys()
    for name, tensor in engine.parameters.items():
        assert torch.equal(found[name], tensor), name


def assert_close(found: Measures, expected: Measures) -> None:
    assert found.squared_weights.keys() == expected.squared_weights.keys()
    for name in ("train_loss", "test_loss", "sum_squared_weights", "gradient_norm", "weight_change_l1"):
        one, other = getattr(found, name), getattr(expected, name)
        assert one == other if one is None or other is None else math.isclose(one, other, rel_tol=1e-9), name
    assert (found.train_accuracy, found.test_accuracy) == (expected.train_accuracy, expected.test_accuracy)


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("arch", ["one-hot", "mlp", "transformer"])
@pytest.mark.parametrize("threads", [1, 2])
def test_by_kernels_the_bits_are_those_of_the_runs_alone(arch: str, threads: int) -> None:
    configs = configs_of(arch=arch, precision="float32")
    before = torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        replicas = Replicas(configs)
        assert replicas.alike
        assert "kernels" in replicas.strategy_name
        for _ in range(3):
            assert replicas.advance(10) == [True] * len(configs)
        measured = replicas.measure()
        for i, config in enumerate(configs):
            engine = alone(config, 30)
            assert_same_bits(replicas, i, engine)
            assert measured[i] == engine.measure()
    finally:
        torch.set_num_threads(before)
    assert replicas.steps == [30] * len(configs)


@pytest.mark.usefixtures("tiles")
@pytest.mark.parametrize("arch", ["mlp", "transformer"])
def test_so_they_are_in_bfloat16(arch: str) -> None:
    configs = configs_of(arch=arch, precision="bfloat16")
    replicas = Replicas(configs)
    replicas.advance(20)
    for i, config in enumerate(configs):
        assert_same_bits(replicas, i, alone(config, 20))


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("values", CHAINS, ids=str)
def test_so_they_are_with_every_optimizer(values: dict[str, Any]) -> None:
    configs = configs_of(arch="mlp", precision="float32", **values)
    replicas = Replicas(configs)
    replicas.advance(MANY)
    for i, config in enumerate(configs):
        assert_same_bits(replicas, i, alone(config, MANY))


@pytest.mark.usefixtures("kernels")
def test_so_they_are_in_batches_of_their_own_sizes_and_of_large_models() -> None:
    sizes: list[dict[str, Any]] = [{"batch_size": size} for size in (20, 7, "full", 60)]
    mixed = configs_of([{**one, **own} for one, own in zip(OWN, sizes, strict=False)], precision="float32")
    large = configs_of(OWN[:2], p=97, width=64, precision="float32")
    for configs, steps in ((mixed, 25), (large, 3)):
        replicas = Replicas(configs)
        replicas.advance(steps)
        for i, config in enumerate(configs):
            assert_same_bits(replicas, i, alone(config, steps))


VARIANTS: list[dict[str, Any]] = [
    *({"arch": arch} for arch in ("one-hot", "mlp", "residual-mlp", "transformer")),
    {"arch": "transformer", "depth": 2, "layer_norm": "pre", "batch_size": 20},
    {"arch": "one-hot", "loss": "stablemax", "classes": "p+1"},
    {"arch": "mlp", "loss": "hinge", "temperature": 0.7},
    {"arch": "one-hot", "loss": "mse", "batch_size": 13},
    *({"arch": "mlp", **chain} for chain in CHAINS),
]


@pytest.mark.parametrize("values", VARIANTS, ids=str)
def test_as_one_tensor_program_they_are_the_runs_alone(values: dict[str, Any]) -> None:
    configs = configs_of(**values)
    replicas = Replicas(configs)
    assert not replicas.alike
    assert "autograd" in replicas.strategy_name
    replicas.advance(MANY)
    measured = replicas.measure()
    for i, config in enumerate(configs):
        engine = alone(config, MANY)
        for name, tensor in engine.parameters.items():
            torch.testing.assert_close(replicas.parameters(i)[name], tensor, rtol=1e-9, atol=1e-9, msg=name)
        assert_close(measured[i], engine.measure())


POINTS: list[dict[str, Any]] = [{}, {"seed": 1, "train_size": 60, "k": 2}, {"corrupt": 0.2, "lr": 0.02}]


@pytest.mark.parametrize("arch", ["one-hot", "mlp", "transformer"])
@pytest.mark.parametrize(
    ("task", "own"),
    [
        ({"task": "parity", "n": 10, "k": 3, "train_size": 100}, POINTS),
        ({"task": "parity", "n": 10, "k": 3, "train_size": 100, "batch_size": 32}, POINTS),
        ({"task": "sum", "k": 3, "p": 4}, [{}, {"seed": 1, "train_fraction": 0.3}]),
    ],
    ids=str,
)
def test_so_they_are_of_other_inputs_than_two(arch: str, task: dict[str, Any], own: list[dict[str, Any]]) -> None:
    configs = configs_of(own, arch=arch, **task)
    replicas = Replicas(configs)
    replicas.advance(MANY)
    measured = replicas.measure()
    for i, config in enumerate(configs):
        engine = alone(config, MANY)
        for name, tensor in engine.parameters.items():
            torch.testing.assert_close(replicas.parameters(i)[name], tensor, rtol=1e-9, atol=1e-9, msg=name)
        assert_close(measured[i], engine.measure())


def test_examples_taken_in_parts_give_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    configs = configs_of(arch="mlp")
    whole = Replicas(configs)
    monkeypatch.setitem(CHUNK_FLOATS, "cpu", 1000)
    parts = Replicas(configs)
    for replicas in (whole, parts):
        replicas.advance(10)
    for i in range(len(configs)):
        assert_close(parts.measure()[i], whole.measure()[i])


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("values", [{"precision": "float32"}, {"precision": "float64"}], ids=str)
@pytest.mark.parametrize(
    "chain", [{}, {"filter": "grokfast-ma", "ma_window": 3}, {"decay_to": "init", "norm_clamp": 1.0}], ids=str
)
def test_runs_enter_and_leave_at_steps_of_their_own(values: dict[str, Any], chain: dict[str, Any]) -> None:
    first, second, third, late, later = configs_of(arch="mlp", **values, **chain)
    replicas = Replicas([first, second, third])
    replicas.advance(10)
    replicas.enter(1, late)  # fewer training pairs, and more
    assert replicas.steps == [10, 0, 10]
    assert replicas.measure()[1].gradient_norm is None
    assert replicas.measure()[1].train_loss == pytest.approx(Engine(late).measure().train_loss)
    replicas.advance(10)
    replicas.leave([2, 1])
    assert replicas.steps == [20, 10]
    replicas.advance(5)
    replicas.enter(0, later.changed({"train_fraction": 0.8}))
    replicas.advance(7)
    assert replicas.steps == [7, 22]
    for i, config in enumerate([later.changed({"train_fraction": 0.8}), late]):
        engine = alone(config, replicas.steps[i])
        if replicas.alike:
            assert_same_bits(replicas, i, engine)
            assert replicas.measure()[i] == engine.measure()
        else:
            assert_close(replicas.measure()[i], engine.measure())
    assert [config.seed for config in replicas.configs] == [later.seed, late.seed]


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize("precision", ["float32", "float64"])
def test_one_that_is_not_finite_stops_alone_before_that_step(precision: str) -> None:
    wild: dict[str, Any] = {"lr": 10.0, "weight_decay": 1000.0, "optimizer": "sgd", "warmup": 0}
    own = [{**wild, "lr": 0.01, "weight_decay": 0.1}, wild, {**wild, "lr": 0.02, "weight_decay": 0.0}]
    configs = configs_of(own, arch="mlp", precision=precision)
    engine = Engine(configs[1])
    stopped = engine.advance(60)
    assert 0 < stopped < 60
    replicas = Replicas(configs)
    assert replicas.advance(60) == [True, False, True]
    assert replicas.steps == [60, stopped, 60]
    assert all(tensor.isfinite().all() for tensor in replicas.parameters(1).values())
    for i in (0, 2):
        other = alone(configs[i], 60)
        assert_close(replicas.measure()[i], other.measure())
        if replicas.alike:
            assert_same_bits(replicas, i, other)
    if replicas.alike:
        assert_same_bits(replicas, 1, engine)
    replicas.enter(1, configs[0])
    assert replicas.advance(10) == [True] * 3
    assert replicas.steps == [70, 10, 70]


def test_when_none_is_finite_nothing_is_done() -> None:
    configs = configs_of([{"seed": 1}, {"seed": 2}], optimizer="sgd", lr=10.0, weight_decay=1000.0, warmup=0)
    replicas = Replicas(configs)
    assert replicas.advance(10_000_000) == [False, False]


def test_what_cannot_share_is_refused_in_a_sentence() -> None:
    configs = configs_of()
    with pytest.raises(ConfigError, match="there are no runs"):
        Replicas([])
    with pytest.raises(ConfigError, match="this run trains alone: dropout draws"):
        Replicas(configs_of(dropout=0.1))
    with pytest.raises(ConfigError, match="these runs cannot train together: their shapes"):
        Replicas([configs[0], configs[1].changed({"width": 64})])
    replicas = Replicas(configs)
    with pytest.raises(ConfigError, match="cannot train together with the others"):
        replicas.enter(0, configs[0].changed({"optimizer": "lion"}))
    with pytest.raises(ConfigError, match="has to go on"):
        replicas.leave([])
    with pytest.raises(ConfigError, match="not on this machine"):
        Replicas([configs[0].changed({"device": "cuda:77"})])


@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("DefaultCPUAllocator: can't allocate memory")])
def test_without_room_a_smaller_number_is_named(error: Exception) -> None:
    replicas = Replicas(configs_of())
    words = r"^cpu has not enough memory for 5 replicas of [\d,]+ parameters: take 2 at a time$"
    with pytest.raises(ConfigError, match=words), replicas._room_for(5):
        raise error
    with pytest.raises(RuntimeError, match="other"), replicas._room_for(5):
        raise RuntimeError("other")


def test_the_memory_of_a_replica_counts_parameters_and_window() -> None:
    plain, window = small(), small(filter="grokfast-ma", ma_window=10)
    size = sum(tensor.numel() for tensor in Engine(plain).parameters.values())
    assert floats_of_replica(window) - floats_of_replica(plain) == 2 * 10 * size
    assert floats_of_replica(plain.changed({"precision": "float32"})) < floats_of_replica(plain)
    assert floats_of_replica(small(task="parity", arch="one-hot", n=10, k=3, train_size=100)) > 0


@only_on_cuda
@pytest.mark.parametrize(("arch", "batch_size"), list(itertools.product(["one-hot", "transformer"], ["full", 20])))
def test_captured_steps_are_the_runs_alone(arch: str, batch_size: int | str) -> None:
    configs = configs_of(arch=arch, batch_size=batch_size, device="cuda")
    replicas = Replicas(configs)
    replicas.advance(30)
    replicas.enter(1, configs[0].changed({"train_fraction": 0.8}))
    replicas.advance(20)
    configs[1] = configs[0].changed({"train_fraction": 0.8})
    for i, (config, measured) in enumerate(zip(configs, replicas.measure(), strict=True)):
        assert_close(measured, alone(config.changed({"device": "cpu"}), replicas.steps[i]).measure())
