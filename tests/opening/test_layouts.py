"""Every layout gives the logits of its program's own equations, written down plainly; what does not fit is refused."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from grokterm.errors import ConfigError, WeightsError
from grokterm.tasks.operations import answer_table
from tests.opening.conftest import logits_of, opened
from tests.opening.plain import (
    PowerTransformer,
    Weights,
    drawn,
    lens_logits,
    lens_shapes,
    nanda_logits,
    nanda_shapes,
    pairs,
)


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected.detach().float(), rtol=0, atol=1e-5)


@pytest.mark.parametrize(("depth", "classes", "act"), [(1, None, "relu"), (2, None, "relu"), (1, 11, "gelu")])
def test_the_papers_transformer(depth: int, classes: int | None, act: str) -> None:
    w = drawn(nanda_shapes(11, 16, 2, 24, depth, classes))
    w["blocks.0.attn.mask"] = torch.ones(3, 3).tril()
    asked: dict[str, Any] = {} if act == "relu" else {"activation": act}
    model = opened(w, **asked)
    close(logits_of(model), nanda_logits(w, 11, act))
    c = model.config
    assert (c.arch, c.p, c.d_model, c.heads, c.width, c.depth, c.bias) == ("transformer", 11, 16, 2, 24, depth, "on")
    assert c.classes == ("p" if classes else "p+1")
    assert {role.name for role in model.roles} == w.keys()


def test_what_the_file_tells_is_taken_and_what_is_asked_for_goes_before() -> None:
    w = drawn(nanda_shapes(11, 16, 2, 24))
    told = {"settings": {"fn_name": "subtract", "frac_train": 0.3, "lr": 1e-3, "weight_decay": 1, "act_type": "GeLU"}}
    c = opened(w, about=told).config
    assert (c.op, c.train_fraction, c.lr, c.weight_decay, c.activation) == ("subtract", 0.3, 1e-3, 1.0, "gelu")
    assert opened(w, about=told, op="multiply").config.op == "multiply"
    strange = {"settings": {"fn_name": ["x"], "frac_train": 7.0, "lr": "fast", "act_type": None}}
    assert opened(w, about=strange).config.train_fraction == 0.5
    assert opened(w, about={"config": {"arch": "nonsense"}}).config.p == 11


@pytest.mark.parametrize(("depth", "normed", "tokens"), [(1, False, 3), (2, True, 3), (1, True, 5)])
def test_a_hooked_transformer(depth: int, normed: bool, tokens: int) -> None:
    p = 11
    w = drawn(lens_shapes(p, 16, 4, 24, depth, normed, tokens))
    w |= {f"blocks.{i}.attn.mask": torch.ones(tokens, tokens).tril() > 0 for i in range(depth)}
    w |= {f"blocks.{i}.attn.IGNORE": torch.tensor(-torch.inf) for i in range(depth)}
    a, b = pairs(p)
    known = {"a": a, "b": b} | {token: torch.full_like(a, p + i) for i, token in enumerate(("=", "eos", "op"))}
    order = ("a", "b", "=") if tokens == 3 else ("eos", "a", "op", "b", "=")
    read = torch.stack([known[token] for token in order], 1)
    model = opened(w)
    close(logits_of(model), lens_logits(w, read))
    assert (model.config.bias, model.config.layer_norm) == ("all", "pre" if normed else "none")
    for name in w:
        if ".b_" in name and not name.endswith(("b_in", "b_out")):
            w[name] = torch.zeros_like(w[name])
    plain = opened(w)
    close(logits_of(plain), lens_logits(w, read))
    assert plain.config.bias == "on"


def test_biases_that_come_about_later_are_there_at_all_steps() -> None:
    first, last = drawn(lens_shapes(7, 8, 2, 12, 1, False)), drawn(lens_shapes(7, 8, 2, 12, 1, False), 1)
    first = {name: torch.zeros_like(each) if ".b_" in name else each for name, each in first.items()}
    model = opened(first, last)
    assert model.config.bias == "all"
    assert [step for step, _ in model.states] == [0, 1]
    a, b = pairs(7)
    read = torch.stack((a, b, torch.full_like(a, 7)), 1)
    close(logits_of(model, 0), lens_logits(first, read))
    close(logits_of(model, 1), lens_logits(last, read))
    with pytest.raises(WeightsError, match="is not 0, and a model with --bias on has none"):
        opened(first, last, bias="on")


@pytest.mark.parametrize("op", ["+", "/", "s5", "s5conj", "s5aba", "+*"])
def test_the_decoder_of_openai_grok(op: str) -> None:
    torch.manual_seed(0)
    network = PowerTransformer()
    ours = {"+": "add", "/": "divide", "s5": "s5", "s5conj": "s5-conjugate", "s5aba": "s5-aba"}
    model = opened(network.state_dict(), op=ours.get(op, "a + b if a even else ab"))
    c, of_group = model.config, op.startswith("s5")
    assert (c.p, c.sequence, c.layer_norm, c.depth, c.heads, c.bias) == (
        120 if of_group else 97, "eos-a-op-b-equals", "post", 2, 2, "off",
    )  # fmt: skip
    a, b = (each[::53] for each in pairs(c.p))
    inverse = [_inverse(each) for each in network.elements]
    names = inverse if of_group else list(map(str, range(97)))
    words = [["<|eos|>", names[i], op, names[j], "="] for i, j in zip(a.tolist(), b.tolist(), strict=True)]
    expected = network(words)[:, [network.number[name] for name in names]]
    close(logits_of(model)[::53], expected)


def _inverse(permutation: str) -> str:
    return "".join(str(permutation.index(str(i))) for i in range(len(permutation)))


@pytest.mark.parametrize("op", ["s5", "s5-conjugate", "s5-aba"])
def test_products_of_openai_grok_are_ours_of_inverse_elements(op: str) -> None:
    """Its data.py has c = b[a] for s5, and sympy's products, left factor first, for the others."""
    elements = list(permutations(range(5)))
    inverse = [tuple(each.index(i) for i in range(5)) for each in elements]

    def then(*steps: tuple[int, ...]) -> tuple[int, ...]:
        found = tuple(range(5))
        for step in steps:
            found = tuple(step[i] for i in found)
        return found

    def inverted(g: tuple[int, ...]) -> tuple[int, ...]:
        return tuple(g.index(i) for i in range(5))

    theirs: dict[str, Callable[..., tuple[int, ...]]] = {
        "s5": lambda g, h: then(g, h),
        "s5-conjugate": lambda g, h: then(g, h, inverted(g)),
        "s5-aba": lambda g, h: then(g, h, g),
    }
    table = answer_table(op, 120)
    for i, j in [(3, 17), (88, 5), (119, 64), (0, 31), (70, 70)]:
        assert inverse[int(table[i, j])] == theirs[op](inverse[i], inverse[j])


def test_without_saved_positions_the_sines_are_those_of_its_code() -> None:
    torch.manual_seed(1)
    network = PowerTransformer(12, 3, 1)
    saved = network.state_dict()
    bare = {name: each for name, each in saved.items() if name not in ("position_encoding", "self_attn_mask")}
    bare = {f"transformer.{name}": each for name, each in bare.items()}
    close(logits_of(opened(bare)), logits_of(opened(saved)))


P = 11


def _one_hot(w1: Tensor, b1: Tensor | float, w2: Tensor, b2: Tensor | float, act: Callable[..., Tensor]) -> Tensor:
    a, b = pairs(P)
    x = torch.cat((functional.one_hot(a, P), functional.one_hot(b, P)), 1).float()
    return act(x @ w1 + b1) @ w2 + b2


def _embedded(w: Weights, names: tuple[str, str]) -> Tensor:
    a, b = pairs(P)
    return torch.cat((w[names[0]][a], w[names[1]][b]), 1)


def _chain(x: Tensor, w: Weights, *layers: str) -> Tensor:
    *hidden, last = layers
    for name in hidden:
        x = functional.linear(x, w[f"{name}.weight"], w.get(f"{name}.bias")).relu()
    return functional.linear(x, w[f"{last}.weight"], w.get(f"{last}.bias"))


def case(name: str) -> tuple[Weights, Tensor, dict[str, Any]]:
    """Weights of a notebook, what its network answers, and settings that shapes do not say."""
    a, b = pairs(P)
    match name:
        case "shared embedding, side by side":
            w = drawn({"embedding.weight": (P, 6), "fc1.weight": (20, 12), "fc1.bias": (20,), "fc2.weight": (P, 20),
                       "fc2.bias": (P,)})  # fmt: skip
            return w, _chain(_embedded(w, ("embedding.weight",) * 2), w, "fc1", "fc2"), {}
        case "two embeddings, three layers":
            w = drawn({"emb_a.weight": (P, 6), "emb_b.weight": (P, 6), "net.0.weight": (20, 12), "net.0.bias": (20,),
                       "net.2.weight": (20, 20), "net.2.bias": (20,), "net.4.weight": (P, 20),
                       "net.4.bias": (P,)})  # fmt: skip
            return w, _chain(_embedded(w, ("emb_a.weight", "emb_b.weight")), w, "net.0", "net.2", "net.4"), {}
        case "sum of one embedding, no biases":
            w = drawn({"embed.weight": (P, 6), "hidden.weight": (20, 6), "output.weight": (P, 20)})
            return w, _chain(w["embed.weight"][a] + w["embed.weight"][b], w, "hidden", "output"), {}
        case "one embedding, two input matrices":
            w = drawn({"embedding.weight": (P, 6), "linear1l.weight": (20, 6), "linear1r.weight": (20, 6),
                       "linear1r.bias": (20,), "linear2.weight": (P, 20)})  # fmt: skip
            e = w["embedding.weight"]
            x = e[a] @ w["linear1l.weight"].T + e[b] @ w["linear1r.weight"].T + w["linear1r.bias"]
            return w, x.relu() @ w["linear2.weight"].T, {}
        case "one-hot, nn.Linear":
            w = drawn({"fc1.weight": (20, 2 * P), "fc1.bias": (20,), "out.weight": (P, 20), "out.bias": (P,)})
            return w, _one_hot(w["fc1.weight"].T, w["fc1.bias"], w["out.weight"].T, w["out.bias"], torch.relu), {}
        case "one-hot, bare matrices, quadratic":
            w = drawn({"W1": (20, 2 * P), "W2": (P, 20)})
            return w, _one_hot(w["W1"].T, 0.0, w["W2"].T, 0.0, torch.square), {"activation": "quadratic"}
        case "one-hot, two bare matrices":
            w = drawn({"W_x": (P, 20), "W_y": (P, 20), "W_U": (20, P), "b1": (20,), "b2": (P,)})
            return w, _one_hot(torch.cat((w["W_x"], w["W_y"])), w["b1"], w["W_U"], w["b2"], torch.relu), {}
        case _:
            w = drawn({"encoder.weight": (20, 2 * P), "mid.weight": (20, 20), "decoder.weight": (P + 1, 20)})
            x = torch.cat((functional.one_hot(a, P), functional.one_hot(b, P)), 1).float()
            return w, _chain(x, w, "encoder", "mid", "decoder"), {}


MLPS = (
    "shared embedding, side by side", "two embeddings, three layers", "sum of one embedding, no biases",
    "one embedding, two input matrices", "one-hot, nn.Linear", "one-hot, bare matrices, quadratic",
    "one-hot, two bare matrices", "one-hot, two layers, a class more",
)  # fmt: skip


@pytest.mark.parametrize("name", MLPS)
def test_mlps_of_notebooks(name: str) -> None:
    w, expected, asked = case(name)
    model = opened(w, **asked)
    close(logits_of(model), expected)
    assert model.config.arch == ("one-hot" if name.startswith("one-hot") else "mlp")
    assert model.config.bias == ("on" if any(each.ndim == 1 for each in w.values()) else "off")
    assert sorted(role.name for role in model.roles) == sorted(w)
    shuffled = dict(sorted(w.items(), reverse=True))  # as safetensors keeps no order
    close(logits_of(opened(shuffled, **asked)), expected)


def test_half_precision_and_wrapped_modules_are_read() -> None:
    torch.manual_seed(0)
    module = nn.Sequential(nn.Linear(2 * P, 20), nn.ReLU(), nn.Linear(20, P)).bfloat16()
    w = {f"_orig_mod.module.{name}": each for name, each in module.state_dict().items()}
    model = opened(w)
    f = {name: each.float() for name, each in module.state_dict().items()}
    close(logits_of(model), _one_hot(f["0.weight"].T, f["0.bias"], f["2.weight"].T, f["2.bias"], torch.relu))
    assert model.roles[0].name.startswith("_orig_mod.module.")


def changed(shapes: dict[str, tuple[int, ...]], **other: tuple[int, ...] | None) -> Weights:
    """Weights with other shapes, or none, under names in which __ stands for a dot."""
    for name, shape in other.items():
        shapes.pop(name.replace("__", "."), None)
        if shape is not None:
            shapes[name.replace("__", ".")] = shape
    return drawn(shapes)


NANDA = (11, 16, 2, 24)


@pytest.mark.parametrize(
    ("weights", "asked", "words"),
    [
        (
            lambda: changed(nanda_shapes(*NANDA), pos_embed__W_pos=(4, 16)), {},
            r"pos_embed.W_pos is \[4, 16\], and the Transformer of Nanda et al.'s code has \[3, 16\] there",
        ),
        (lambda: changed(nanda_shapes(*NANDA), unembed__W_U=None), {}, "unembed.W_U is missing"),
        (lambda: changed(nanda_shapes(*NANDA), unembed__W_U=(16, 9)), {}, r"W_U is \[16, 9\].* has \[16, 1[12]\]"),
        (lambda: changed(nanda_shapes(*NANDA), ln__w=(16,)), {}, r"ln.w \[16\] is nothing that the Transformer"),
        (lambda: drawn(nanda_shapes(*NANDA)), {"p": 13}, "the embedding has 12 rows, the residues and =: --p is 11"),
        (lambda: drawn(nanda_shapes(*NANDA)), {"width": 25}, "--width 25 does not fit: these weights have 24"),
        (lambda: changed(lens_shapes(*NANDA, 1, False), pos_embed__W_pos=(4, 16)), {}, "4 positions: 3 are read"),
        (lambda: drawn({"fc1.weight": (20, 22), "fc2.weight": (11, 19)}), {}, r"do not chain.*fc2.weight \[11, 19\]"),
        (lambda: drawn({"fc1.weight": (20, 22), "fc2.weight": (11, 20), "n.weight": (20,)}), {}, r"n.weight \[20\] is"),
        (lambda: drawn({"fc1.weight": (20, 22), "fc2.weight": (11, 20)}), {"p": 12}, "do not chain"),
        (lambda: drawn({"W1": (20, 22), "W2": (20, 20), "W3": (20, 11)}), {}, "chain in 2 ways: a --map file"),
        (lambda: drawn({"conv.weight": (3, 3, 3)}), {}, r"conv.weight \[3, 3, 3\] are no layout that is known"),
        (lambda: PowerTransformer().state_dict(), {"op": "min"}, "openai/grok has no token for --op min"),
        (lambda: PowerTransformer().state_dict(), {"p": 113}, "--p is 97 and not 113"),
        (
            lambda: PowerTransformer().state_dict() | {"embedding.weight": torch.zeros(200, 16)}, {},
            "embedding.weight has 200 rows, and the vocabulary of openai/grok 239",
        ),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_told_with_its_shapes(
    weights: Callable[[], Weights], asked: dict[str, Any], words: str
) -> None:
    with pytest.raises(WeightsError, match=words):
        opened(weights(), **asked)


def test_numbers_that_are_none_are_refused() -> None:
    w = drawn(nanda_shapes(*NANDA))
    w["blocks.0.mlp.b_in"][3] = torch.nan
    with pytest.raises(WeightsError, match=r"blocks.0.mlp.b_in holds a number that is not finite"):
        opened(w)
    w["blocks.0.mlp.b_in"] = torch.zeros(24, dtype=torch.int64)
    with pytest.raises(WeightsError, match=r"b_in is torch.int64, and weights are floating-point"):
        opened(w)


def test_a_model_that_no_run_can_have_is_refused() -> None:
    with pytest.raises(ConfigError, match="--depth must be"):
        opened(drawn(nanda_shapes(5, 4, 1, 3, depth=9)))


def test_steps_of_different_models_are_refused() -> None:
    with pytest.raises(WeightsError, match="of step 1 are of another model"):
        opened(drawn(nanda_shapes(*NANDA)), drawn(nanda_shapes(11, 16, 2, 25)))
    with pytest.raises(WeightsError, match=r"of step 0 have other names|W_E is missing"):
        opened(drawn({"fc1.weight": (20, 22), "fc2.weight": (11, 20)}), drawn(nanda_shapes(*NANDA)))
