"""Biases, tied weights, positions, attention and the initial scale: each against the plain textbook model."""

from __future__ import annotations

import itertools
import math
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.testing import assert_close

from grokterm.bench.plain import ChapterTransformer
from grokterm.config import Config, choices
from grokterm.lab import native
from grokterm.lab.engine import Engine
from grokterm.lab.models import build
from grokterm.lab.models.layout import Layout
from grokterm.lab.tasks import make_task
from grokterm.presets import PRESETS
from grokterm.trainer.process_log import _strategy_words
from tests.lab.examples import all_pairs, loss_and_gradient, random_parameters, small
from tests.lab.options import OPTIONS
from tests.lab.test_models import assert_like_plain
from tests.reference.plain import plain_logits

DEPTHS = (1, 2, 3)


@pytest.mark.parametrize("turn", range(len(DEPTHS)))
@pytest.mark.parametrize("values", OPTIONS, ids=str)
def test_every_option_is_the_plain_model_at_every_depth_and_with_every_norm(values: dict[str, Any], turn: int) -> None:
    norm = choices("layer_norm")[(turn + OPTIONS.index(values)) % len(choices("layer_norm"))]  # others for each option
    config = small(depth=DEPTHS[turn], layer_norm=norm, activation="gelu", **values)
    task = make_task(config)
    assert_like_plain(config, task.pairs(task.train), most=7)


@pytest.mark.parametrize("layer_norm", choices("layer_norm"))
@pytest.mark.parametrize("arch", choices("arch"))
def test_eight_layers_are_the_plain_model(arch: str, layer_norm: str) -> None:
    task = make_task(config := small(arch=arch, depth=8, layer_norm=layer_norm))
    assert_like_plain(config, task.pairs(task.train))


@given(
    arch=st.sampled_from(choices("arch")),
    depth=st.integers(1, 4),
    words=st.fixed_dictionaries(
        {
            name: st.sampled_from(choices(name))
            for name in ("layer_norm", "activation", "bias", "tied", "positional", "sequence", "causal", "classes")
        }
    ),
    rate=st.sampled_from([0.0, 0.25, 1.0]),
    sizes=st.tuples(st.integers(1, 9), st.sampled_from([1, 2]), st.integers(1, 5)),
    count=st.integers(1, 30),
    seed=st.integers(0, 1000),
)
def test_any_options_together_are_the_plain_model(
    arch: str, depth: int, words: dict[str, Any], rate: float, sizes: tuple[int, int, int], count: int, seed: int
) -> None:
    width, heads, d_head = sizes
    of_sizes = {"width": width, "heads": heads, "d_model": heads * d_head, "depth": depth}
    config = small(arch=arch, attention_rate=rate, **words, **of_sizes)
    drawn = torch.randint(0, config.p**2, (count,), generator=torch.Generator().manual_seed(seed))
    assert_like_plain(config, make_task(config).pairs(drawn), seed, most=9)


@pytest.mark.parametrize(("depth", "replicas"), [(1, (2, 2)), (2, (2,))])
@pytest.mark.parametrize("values", OPTIONS, ids=str)
def test_every_replica_is_its_own_run(values: dict[str, Any], depth: int, replicas: tuple[int, ...]) -> None:
    config = small(depth=depth, **values)
    model = build(config)
    layout = Layout(model.shapes())
    flat = layout.flatten(random_parameters(model, replicas=replicas))
    task = make_task(config)
    pairs = task.pairs(task.train)
    loss, gradient = loss_and_gradient(model, layout, flat, pairs, 7)
    inputs = model.inputs(layout.unflatten(flat), pairs.a, pairs.b)
    for index in itertools.product(*map(range, replicas)):
        own_loss, own_gradient = loss_and_gradient(model, layout, flat[index], pairs, 7)
        assert_close(loss[index], own_loss)
        assert_close(gradient[index], own_gradient, rtol=1e-9, atol=1e-12)
        assert_close(inputs[index], model.inputs(layout.unflatten(flat[index]), pairs.a, pairs.b))


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("values", OPTIONS, ids=str)
def test_what_a_model_says_of_its_insides_is_true(values: dict[str, Any], depth: int) -> None:
    config = small(depth=depth, **values)
    model, (a, b) = build(config), all_pairs(config.p)
    parameters = random_parameters(model)
    expected = plain_logits(config, parameters, a, b)
    seen = model.trace(parameters, a, b)
    assert_close(seen["logits"], expected[:, : config.p], rtol=1e-9, atol=1e-9)
    by_inputs = model.logits_of_inputs(parameters, model.inputs(parameters, a, b))
    assert_close(by_inputs, expected, rtol=1e-9, atol=1e-9)
    tables = model.residue_tables(parameters)
    assert_close(model.trace(parameters, a, b, tables)["logits"], seen["logits"], rtol=1e-9, atol=1e-9)
    few = torch.tensor([3, 0])
    of_few = model.trace(model.only_classes(parameters, few), a, b)["logits"]
    assert_close(of_few, seen["logits"][:, few])
    last = model.outgoing(depth - 1)
    without = model.trace({**parameters, last: torch.zeros_like(parameters[last])}, a, b)["logits"]
    assert_close(seen["logits"] - without, seen[model.neuron_layers[-1]] @ model.neuron_logit_map(parameters))
    for layer, name in enumerate(model.neuron_layers):
        chosen = model.only_neurons(parameters, few, layer)
        if chosen is not None:
            assert_close(model.trace(chosen, a, b, last=name)[name], seen[name][:, few])


@pytest.mark.parametrize("causal", ["on", "off"])
@pytest.mark.parametrize("rate", [0.0, 0.3, 1.0])
@pytest.mark.parametrize(("sequence", "tokens"), [("a-b-equals", 3), ("eos-a-op-b-equals", 5)])
def test_a_pattern_is_interpolated_between_softmax_and_ones(
    sequence: str, tokens: int, causal: str, rate: float
) -> None:
    config = small(arch="transformer", depth=2, sequence=sequence, causal=causal)
    model, (a, b) = build(config), all_pairs(config.p)
    parameters = random_parameters(model)
    softmax = model.attention(parameters, a, b, 0, every=True)
    ones = torch.ones(tokens, tokens, dtype=softmax.dtype)
    seen = ones.tril() if causal == "on" else ones
    found = build(config.changed({"attention_rate": rate})).attention(parameters, a, b, 0, every=True)
    assert_close(softmax.sum(-1), torch.ones_like(softmax[..., 0]))
    assert_close(found, (rate * softmax + (1 - rate) * seen).expand_as(found))


def test_constant_tokens_have_rows_behind_those_of_the_residues() -> None:
    three, five = (build(small(arch="transformer", sequence=name)) for name in choices("sequence"))
    differ = {name: shape for name, shape in five.shapes().items() if shape != three.shapes()[name]}
    assert differ == {"W_E": (5 + 3, 8), "W_pos": (5, 8)}
    assert (three.axes("W_E"), five.axes("W_E")) == (
        ("residue, last =", "dimension"),
        ("residue, last = eos op", "dimension"),
    )
    assert (three.axes("W_pos")[0], five.axes("W_pos")[0]) == ("position a b =", "position eos a op b =")
    assert five.axes("0.W_in") == ("dimension", "neuron")


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize(
    ("causal", "rows"), [("on", [(1, 5, 5, 25), (1, 5, 5, 25)]), ("off", [(25, 25, 25, 25), (25, 25, 25, 25)])]
)
def test_what_sees_one_residue_is_computed_once_a_residue(
    causal: str, rows: list[tuple[int, ...]], depth: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows of the MLP at each position: the mark one, a and the operation p, b one a pair; "=" alone in the last."""
    config = small(arch="transformer", depth=depth, sequence="eos-a-op-b-equals", causal=causal)
    model, (a, b) = build(config), all_pairs(5)
    seen: list[int] = []

    def product(x: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
        if weight.shape[-1] == config.width:
            seen.append(x.shape[-2])
        return x @ weight

    monkeypatch.setattr(model, "product", product)
    model.logits(random_parameters(model), a, b)
    assert seen == [count for block in rows[: depth - 1] for count in (*block, 25)] + [25]


def test_only_what_is_trained_is_a_parameter() -> None:
    every = set(build(small(arch="transformer", depth=2)).shapes())
    tied = set(build(small(arch="transformer", depth=2, tied="on")).shapes())
    constant = set(build(small(arch="transformer", depth=2, positional="sinusoidal")).shapes())
    plain = set(build(small(arch="transformer", depth=2, bias="off")).shapes())
    biased = set(build(small(arch="transformer", depth=2, bias="all")).shapes())
    assert every - tied == {"W_U"}
    assert every - constant == {"W_pos"}
    assert every - plain == {"0.b_in", "0.b_out", "1.b_in", "1.b_out"}
    assert biased - every == {"b_U", *(f"{i}.b_{to}" for i in range(2) for to in "QKVO")}
    assert set(build(small(arch="mlp")).shapes()) - set(build(small(arch="mlp", tied="on")).shapes()) == {"E_b"}


def test_the_encoder_preset_is_the_encoder_of_torch() -> None:
    """Every weight of the reference, set in ours, gives its logits: biases in attention and read-out, no mask."""
    values = {**PRESETS["chapter"].values, "d_model": 8, "heads": 2, "width": 12}
    config = small(p=7).changed(values)
    reference = ChapterTransformer(config).double()
    for tensor in reference.parameters():
        torch.nn.init.normal_(tensor, 0.3, 0.5, generator=torch.Generator().manual_seed(tensor.numel()))
    given = {name: tensor.detach() for name, tensor in reference.named_parameters()}
    ours = {"W_E": given["tokens.weight"], "W_pos": given["positions.weight"]}
    for i in range(2):
        layer = f"encoder.layers.{i}"
        weights, biases = given[f"{layer}.self_attn.in_proj_weight"], given[f"{layer}.self_attn.in_proj_bias"]
        for to, weight, bias in zip("QKV", weights.chunk(3), biases.chunk(3), strict=True):
            ours |= {f"{i}.W_{to}": weight.T, f"{i}.b_{to}": bias}
        for to, name in {"O": "self_attn.out_proj", "in": "linear1", "out": "linear2"}.items():
            ours |= {f"{i}.W_{to}": given[f"{layer}.{name}.weight"].T, f"{i}.b_{to}": given[f"{layer}.{name}.bias"]}
        for to, name in {"attention": "norm1", "mlp": "norm2"}.items():
            ours |= {f"{i}.norm_{to}.gain": given[f"{layer}.{name}.weight"]}
            ours |= {f"{i}.norm_{to}.shift": given[f"{layer}.{name}.bias"]}
    ours |= {"W_U": given["unembed.weight"].T, "b_U": given["unembed.bias"]}
    model, (a, b) = build(config), all_pairs(7)
    assert set(ours) == set(model.shapes())
    assert sum(tensor.numel() for tensor in ours.values()) == sum(t.numel() for t in reference.parameters())
    assert_close(model.logits(ours, a, b), reference(torch.stack((a, b), 1)), rtol=1e-9, atol=1e-9)


def test_the_power_preset_has_no_parameters_but_those_of_the_paper() -> None:
    """Four matrices of attention and two of the MLP a layer, 393,216 weights, "4·10⁵"; and four LayerNorms."""
    config = Config(device="cpu").changed(PRESETS["power"].values)
    assert config.sequence_tokens == ("eos", "a", "op", "b", "=")
    shapes = build(config).shapes()
    counted = {name: math.prod(shape) for name, shape in shapes.items() if name[0].isdigit()}
    assert sum(count for name, count in counted.items() if ".W_" in name) == 393_216
    assert sum(count for name, count in counted.items() if ".norm_" in name) == 4 * 2 * 128
    assert set(shapes) - set(counted) == {"W_E", "W_U"}
    assert not [name for name in shapes if ".b_" in name]


def decoder_of_power_et_al(weights: dict[str, torch.Tensor], tokens: torch.Tensor, heads: int) -> torch.Tensor:
    """Logits [n, tokens, classes] of openai/grok's Transformer, behind embedding and positions over √d_model."""
    d, count = weights["W_E"].shape[1], tokens.shape[1]
    waves = [[(math.cos if i % 2 else math.sin)(at / 10000 ** ((i - i % 2) / d)) for i in range(d)] for at in range(6)]
    x = weights["W_E"][tokens] + torch.tensor(waves, dtype=torch.float64)[:count] / math.sqrt(d)
    hidden = torch.ones(count, count).tril() == 0
    for block in range(2):
        of = {name[2:]: tensor for name, tensor in weights.items() if name.startswith(f"{block}.")}
        results = []
        for head in torch.arange(d).chunk(heads):
            q, k, v = (x @ of[f"W_{to}"][:, head] for to in "QKV")
            scores = (q @ k.mT / math.sqrt(d // heads)).masked_fill(hidden, -math.inf)
            results.append(scores.softmax(-1) @ v)
        x = x + torch.cat(results, -1) @ of["W_O"]
        x = torch.nn.functional.layer_norm(x, (d,), of["norm_attention.gain"], of["norm_attention.shift"])
        x = x + (x @ of["W_in"]).relu() @ of["W_out"]
        x = torch.nn.functional.layer_norm(x, (d,), of["norm_mlp.gain"], of["norm_mlp.shift"])
    return x @ weights["W_U"]


def test_the_power_preset_is_the_decoder_of_its_code() -> None:
    """It reads eos a op b = c, and tells c behind "=", which the mask keeps from seeing it."""
    config = small(p=7).changed({**PRESETS["power"].values, "d_model": 8, "heads": 2, "width": 12})
    model, (a, b) = build(config), all_pairs(7)
    weights = random_parameters(model)
    equals, eos, op = (torch.full_like(a, 7 + row) for row in range(3))
    for c in (a, b, eos):
        expected = decoder_of_power_et_al(weights, torch.stack((eos, a, op, b, equals, c), -1), heads=2)[:, 4]
        assert_close(model.logits(weights, a, b), expected, rtol=1e-9, atol=1e-9)


KERNELS: list[dict[str, Any]] = [
    {"arch": "transformer", "tied": "on"},
    {"arch": "transformer", "bias": "off"},
    {"arch": "transformer", "positional": "none"},
    {"arch": "transformer", "positional": "sinusoidal"},
    {"arch": "transformer", "tied": "on", "bias": "off", "positional": "sinusoidal"},
    {"arch": "mlp", "tied": "on"},
    {"arch": "mlp", "tied": "on", "bias": "off"},
    {"arch": "one-hot", "bias": "off"},
]
"""Options that the kernels take."""
KNOWN: dict[str, Any] = {"p": 31, "width": 64, "d_model": 32, "heads": 2, "precision": "float32"}


@pytest.mark.parametrize("replicas", [(), (2,)])
@pytest.mark.parametrize("values", KERNELS, ids=str)
def test_a_step_of_the_kernels_is_that_of_autograd(
    values: dict[str, Any], replicas: tuple[int, ...], library: Path
) -> None:
    config = small(**KNOWN | values)
    model = build(config)
    layout = Layout(model.shapes())
    flat = layout.flatten(random_parameters(model, replicas=replicas)).float()
    task = make_task(config)
    pairs = task.pairs(task.train)
    assert native.load(library)
    try:
        assert Engine(config).strategy.name == "kernels"
        loss, by_hand = loss_and_gradient(model, layout, flat, pairs, 10)
    finally:
        native.load(None)
    expected, by_autograd = loss_and_gradient(model, layout, flat, pairs, 10_000)
    assert_close(loss, expected, rtol=1e-4, atol=0)
    ours, theirs = layout.unflatten(by_hand), layout.unflatten(by_autograd)
    for name, gradient in ours.items():
        assert (gradient - theirs[name]).norm() <= 1e-4 * theirs[name].norm(), name


@pytest.mark.usefixtures("kernels")
@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({}, " by kernels"),
        ({"attention_rate": 0.5}, " in torch, for the kernels know an attention rate of 1 alone"),
        ({"bias": "all"}, " in torch, for the kernels know no biases in attention"),
        ({"classes": "p+1"}, " in torch, for the kernels know p classes alone"),
        ({"sequence": "eos-a-op-b-equals"}, ' in torch, for the kernels know the three tokens a, b, "=" alone'),
    ],
)
def test_the_log_says_why_no_kernel_takes_the_steps(values: dict[str, Any], words: str) -> None:
    assert _strategy_words(Engine(small(arch="transformer", **KNOWN | values))) == words
