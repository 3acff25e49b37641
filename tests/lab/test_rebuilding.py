"""A model rebuilt in the middle of its run."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from grokterm.lab.engine import Engine
from tests.lab.examples import ARCHITECTURES, small
from tests.lab.test_engine import assert_same_state

LARGER = {"width": 20, "depth": 2}


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize(
    "values", [{"arch": other} for other in ARCHITECTURES] + [{"layer_norm": "pre"}, {"activation": "gelu"}, LARGER]
)
@pytest.mark.parametrize("keep", [False, True])
def test_the_run_goes_on_with_a_new_model(arch: str, values: dict[str, Any], keep: bool) -> None:
    engine = Engine(small(p=12, arch=arch))
    engine.advance(10)
    train, test = engine.task.train.clone(), engine.task.test.clone()
    engine.rebuild(engine.config.changed(values), keep)
    assert engine.step == 10
    assert torch.equal(engine.task.train, train)
    assert torch.equal(engine.task.test, test)
    assert engine.measure().gradient_norm is None
    assert engine.advance(5) == 5
    assert engine.step == 15


CARRIED = [
    ("one-hot", {"depth": 2}, {"W_a", "W_b", "W_out", "b_out"}),
    ("one-hot", {"width": 20}, {"b_out"}),
    ("one-hot", {"arch": "mlp"}, {"W_out", "b_out"}),
    ("one-hot", {"arch": "transformer"}, set()),
    ("mlp", {"width": 20}, {"E_a", "E_b", "b_out"}),
    ("mlp", {"d_model": 16}, {"W_out", "b_out"}),
    ("transformer", {"depth": 3, "heads": 4, "width": 20}, {"W_E", "W_pos", "W_U"}),
    ("transformer", {"d_model": 16}, set()),
]


@pytest.mark.parametrize(("arch", "values", "transferable"), CARRIED)
def test_keep_carries_embedding_and_read_out_where_shapes_agree(
    arch: str, values: dict[str, Any], transferable: set[str]
) -> None:
    engine = Engine(small(p=12, arch=arch))
    engine.advance(10)
    old = {name: tensor.clone() for name, tensor in engine.parameters.items()}
    engine.rebuild(engine.config.changed(values), keep=True)
    same = {n for n, t in engine.parameters.items() if n in old and torch.equal(t, old[n]) and t.count_nonzero()}
    assert same == transferable


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_without_keep_all_is_fresh_and_seeded_by_seed_and_step(arch: str) -> None:
    engines = [Engine(small(p=12, arch=arch, seed=seed)) for seed in (0, 0, 1)]
    weights = []
    for engine in engines:
        first = {name: tensor.clone() for name, tensor in engine.parameters.items()}
        engine.advance(10)
        old = {name: tensor.clone() for name, tensor in engine.parameters.items()}
        engine.rebuild(engine.config.changed({"activation": "gelu"}), keep=False)
        for name, tensor in engine.parameters.items():
            if ".b_" not in name:
                assert not torch.equal(tensor, old[name])
                assert not torch.equal(tensor, first[name])
        weights.append(torch.cat([tensor.flatten() for tensor in engine.parameters.values()]))
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_a_rebuilt_model_warms_up_again() -> None:
    engine = Engine(small(warmup=10, weight_decay=0.0))
    engine.advance(50)
    engine.rebuild(engine.config.changed({"width": 20}), keep=False)
    before = engine.parameters["W_out"].clone()
    engine.advance(1)
    assert (engine.parameters["W_out"] - before).abs().max().item() == pytest.approx(engine.config.lr / 10, rel=1e-3)


def test_a_state_of_a_rebuilt_run_goes_on_with_the_same_bits() -> None:
    engine = Engine(small(p=12, batch_size=17))
    engine.advance(10)
    engine.rebuild(engine.config.changed({"arch": "transformer"}), keep=False)
    engine.advance(4)
    resumed = Engine(engine.config)
    resumed.load_state_dict(engine.state_dict())
    engine.advance(6)
    resumed.advance(6)
    assert_same_state(engine.state_dict(), resumed.state_dict())


@pytest.mark.parametrize("failing", ["build_any", "choose_strategy", "Optimizer"])
def test_where_there_is_no_room_for_the_new_model_all_stays_as_it_was(
    failing: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_room(*_: object) -> None:
        raise MemoryError

    engine, other = (Engine(small(p=12, batch_size=16)) for _ in range(2))
    for one in (engine, other):
        one.advance(10)
    with monkeypatch.context() as context:
        context.setattr(f"grokterm.lab.engine.{failing}", no_room)
        with pytest.raises(MemoryError):
            engine.rebuild(engine.config.changed({**LARGER, "train_fraction": 0.3}), keep=True)
    assert engine.config == other.config
    for one in (engine, other):
        assert one.advance(5) == 5
    assert_same_state(engine.state_dict(), other.state_dict())
    assert engine.measure() == other.measure()
