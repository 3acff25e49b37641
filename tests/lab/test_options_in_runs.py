"""Options of architectures in runs: the scaled start, rebuilding, states, live changes, and what cannot be."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch.testing import assert_close

from grokterm.config import Config, choices
from grokterm.config.architectures import ARCHITECTURES, idle_in
from grokterm.errors import ConfigError
from grokterm.lab.engine import Engine
from grokterm.lab.models import build
from tests.lab.examples import all_pairs, small
from tests.lab.options import OPTIONS
from tests.lab.test_engine import assert_same_state
from tests.reference.plain import plain_logits


def norm(engine: Engine) -> float:
    return math.sqrt(sum(float(tensor.square().sum()) for tensor in engine.parameters.values()))


@pytest.mark.parametrize("arch", choices("arch"))
def test_all_initial_weights_are_scaled_and_the_run_knows_its_start(arch: str) -> None:
    one, three = (Engine(small(arch=arch, init_scale=scale, layer_norm="pre")) for scale in (1.0, 3.0))
    for name, tensor in one.parameters.items():
        assert_close(three.parameters[name], 3 * tensor)
    # With no gradient, decay to the start leaves it as it is.
    still = Engine(small(arch=arch, init_scale=3.0, decay_to="init", optimizer="sgd", weight_decay=0.5, lr=1e-12))
    first = {name: tensor.clone() for name, tensor in still.parameters.items()}
    still.advance(5)
    for name, tensor in still.parameters.items():
        assert_close(tensor, first[name])
    held = Engine(small(arch=arch, init_scale=3.0, norm_clamp=0.5))
    before = norm(held)
    held.advance(5)
    assert norm(held) / before == pytest.approx(0.5)


def test_the_closed_form_needs_no_biases() -> None:
    config = small(arch="one-hot", p=7, init="closed-form", activation="quadratic", bias="off")
    engine, (a, b) = Engine(config), all_pairs(7)
    assert torch.equal(engine.model.logits(engine.parameters, a, b).argmax(-1), (a + b) % 7)


def test_the_default_scale_leaves_the_bits_alone() -> None:
    model = build(Config())
    drawn, started = (draw(torch.Generator().manual_seed(0)) for draw in (model.init, model.start))
    assert all(torch.equal(drawn[name], started[name]) for name in drawn)


@pytest.mark.parametrize(
    ("arch", "old", "new", "carried"),
    [
        ("transformer", {}, {"tied": "on"}, {"W_E": "W_E", "W_pos": "W_pos"}),
        ("transformer", {"tied": "on"}, {"tied": "off"}, {"W_E": "W_E", "W_pos": "W_pos"}),
        ("transformer", {"positional": "sinusoidal"}, {"positional": "learned"}, {"W_E": "W_E", "W_U": "W_U"}),
        ("transformer", {}, {"bias": "all"}, {"W_E": "W_E", "W_pos": "W_pos", "W_U": "W_U"}),
        ("transformer", {}, {"sequence": "eos-a-op-b-equals"}, {"W_U": "W_U"}),
        ("mlp", {}, {"tied": "on"}, {"E_a": "E_a", "W_out": "W_out", "b_out": "b_out"}),
        ("mlp", {"tied": "on"}, {"tied": "off"}, {"E_a": "E_a", "E_b": "E_a", "W_out": "W_out"}),
        ("one-hot", {}, {"bias": "off"}, {"W_a": "W_a", "W_b": "W_b", "W_out": "W_out"}),
        ("residual-mlp", {}, {"depth": 4}, {"E_a": "E_a", "E_b": "E_b", "W_U": "W_U", "b_U": "b_U"}),
    ],
)
def test_a_rebuilt_model_keeps_what_the_old_one_read(
    arch: str, old: dict[str, Any], new: dict[str, Any], carried: dict[str, str]
) -> None:
    engine = Engine(small(p=12, arch=arch, **old))
    engine.advance(10)
    before = {name: tensor.clone() for name, tensor in engine.parameters.items()}
    read = {name: tensor.clone() for name, tensor in engine.model.complete(engine.parameters).items()}
    engine.rebuild(engine.config.changed(new), keep=True)
    for name, of_old in carried.items():
        assert torch.equal(engine.parameters[name], before[of_old]), name
    if new.get("tied") == "off" and arch == "transformer":
        assert torch.equal(engine.parameters["W_U"], before["W_E"][:12].T)
    if new.get("positional") == "learned":
        assert torch.equal(engine.parameters["W_pos"], read["W_pos"])
    assert engine.advance(5) == 5


@pytest.mark.parametrize("values", OPTIONS, ids=str)
def test_a_state_goes_on_with_the_same_bits(values: dict[str, Any]) -> None:
    config = small(p=7, batch_size=9, depth=2, init_scale=0.5, optimizer="muon", decay_to="init", **values)
    engine = Engine(config)
    engine.advance(2)
    resumed = Engine(config)
    resumed.load_state_dict(engine.state_dict())
    engine.advance(2)  # the fourth batch is of the second epoch
    resumed.advance(2)
    assert_same_state(engine.state_dict(), resumed.state_dict())
    assert engine.measure() == resumed.measure()


@pytest.mark.parametrize("depth", [1, 2])
def test_the_attention_rate_changes_while_a_model_trains(depth: int) -> None:
    engine, other = (Engine(small(p=7, arch="transformer", depth=depth)) for _ in range(2))
    engine.advance(5)
    weights = {name: tensor.clone() for name, tensor in engine.parameters.items()}
    engine.apply_settings(engine.config.changed({"attention_rate": 0.25}))
    assert all(torch.equal(tensor, weights[name]) for name, tensor in engine.parameters.items())
    (a, b), config = all_pairs(7), engine.config
    assert config.attention_rate == 0.25
    assert_close(engine.model.logits(engine.parameters, a, b), plain_logits(config, engine.parameters, a, b))
    other = Engine(config)
    other.load_state_dict(engine.state_dict())
    engine.advance(5)
    other.advance(5)
    assert_same_state(engine.state_dict(), other.state_dict())
    assert engine.measure() == other.measure()


@pytest.mark.parametrize("name", ["tied", "positional", "sequence", "causal", "attention_rate", "bias"])
def test_an_option_that_does_nothing_says_so(name: str) -> None:
    readers = {arch for arch in ARCHITECTURES if not idle_in(name, arch)}
    expected = {
        "tied": {"mlp", "transformer"},
        "bias": {"one-hot", "mlp", "residual-mlp", "transformer"},
    }
    assert readers == expected.get(name, {"transformer"})
    for arch in set(ARCHITECTURES) - readers:
        assert f"does nothing in {arch}: only" in idle_in(name, arch)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"attention_rate": 1.5}, "--attention-rate must be a number from 0 to 1, not 1.5"),
        ({"init_scale": 0.0}, "--init-scale must be a number above 0 and up to 100, not 0"),
        ({"positional": "rotary"}, "unknown positional 'rotary': choose learned, none, sinusoidal"),
        ({"sequence": "b-a"}, "unknown sequence 'b-a': choose a-b-equals, eos-a-op-b-equals"),
        (
            {"arch": "transformer", "task": "sum", "k": 3, "sequence": "eos-a-op-b-equals"},
            "--sequence eos-a-op-b-equals is for two inputs, and this task has 3",
        ),
        ({"depth": 9}, "--depth must be a whole number from 1 to 8, not 9"),
    ],
)
def test_what_cannot_be_is_said(values: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError) as error:
        Config(**values)
    assert says in str(error.value)
