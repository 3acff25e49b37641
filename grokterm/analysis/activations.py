"""What happens inside a model: the activations of every layer for given pairs, by name.

The same forward pass as in `grokterm.lab.models`, opened up: input tables may be replaced, every layer is kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from grokterm.analysis.cancellation import check_cancelled
from grokterm.config import Config
from grokterm.lab.models.attention import Stream, by_head
from grokterm.lab.models.sublayers import ACTIVATIONS, affine, layer_norm

Parameters = Mapping[str, Tensor]


def input_tables(config: Config, parameters: Parameters) -> tuple[Tensor, Tensor]:
    """The rows [..., p, features] that a and b are looked up in: first-layer weights (mlp) or embeddings."""
    match config.arch:
        case "mlp":
            return parameters["W_a"], parameters["W_b"]
        case "embed-mlp":
            return parameters["E_a"], parameters["E_b"]
        case "transformer":
            return (parameters["W_E"][..., : config.p, :],) * 2


def neuron_layers(config: Config) -> list[str]:
    """The names of the layers of neurons in `activations`, first to last."""
    if config.arch == "transformer":
        return [f"{block}.neurons" for block in range(config.depth)]
    return [f"neurons_{layer}" for layer in range(1, config.depth + 1)]


def activations(
    config: Config,
    parameters: Parameters,
    a: Tensor,
    b: Tensor,
    tables: tuple[Tensor, Tensor] | None = None,
    last: str = "logits",
) -> dict[str, Tensor]:
    """Activations by layer, [..., m, features] for m pairs a, b (int64 [m]), in the order in which they arise.

    mlp, embed-mlp: `sum` (what a and b add up to, before the first activation), `neurons_1` …, `logits`.
    transformer, at "=": `i.attention` (the stream after attention), `i.neurons`, `i.residual`, …, `logits`.
    Logits are those of the residues: that of "=" is dropped.
    `tables` stand in for `input_tables`, and a, b index their rows. Nothing is computed beyond the layer `last`.
    """
    check_cancelled()
    tables = input_tables(config, parameters) if tables is None else tables
    if config.arch == "transformer":
        return _transformer(config, parameters, positions(config, parameters, tables, a, b), last)
    of_a, of_b = _first_rows(config, parameters, tables)
    return _mlp(config, parameters, of_a.index_select(-2, a) + of_b.index_select(-2, b), last)


def grid_activations(config: Config, parameters: Parameters, a: Tensor, b: Tensor, layer: str) -> Tensor:
    """Activations of a layer for each of a (int64 [m]) with each of b (int64 [n]), [..., m, n, features]."""
    if config.arch == "transformer":
        every = activations(config, parameters, a.repeat_interleave(len(b)), b.repeat(len(a)), last=layer)
    else:
        check_cancelled()
        of_a, of_b = _first_rows(config, parameters, input_tables(config, parameters))
        x = of_a.index_select(-2, a).unsqueeze(-2) + of_b.index_select(-2, b).unsqueeze(-3)
        every = _mlp(config, parameters, x.flatten(-3, -2), layer)
    found = every[layer]
    return found.view(*found.shape[:-2], len(a), len(b), -1)


def positions(
    config: Config, parameters: Parameters, tables: tuple[Tensor, Tensor], a: Tensor, b: Tensor
) -> list[Stream]:
    """The three positions a, b, "=" of a transformer as they enter its first block."""
    at_a, at_b, at_equals = parameters["W_pos"].split_with_sizes([1, 1, 1], -2)
    equals = parameters["W_E"][..., config.p :, :]
    return [Stream(tables[0] + at_a, a), Stream(tables[1] + at_b, b), Stream(equals + at_equals, None)]


def pattern(config: Config, parameters: Parameters, block: int, streams: Sequence[Stream]) -> Tensor:
    """Attention of the last of `streams` over all of them, [..., m, heads, positions]: softmax(q·k/√d_head)."""
    check_cancelled()
    seen = [s.map(lambda rows: _before(config, parameters, f"{block}.norm_attention", rows)) for s in streams]
    query = seen[-1].map(lambda rows: rows @ parameters[f"{block}.W_Q"]).gathered()
    keys = [s.map(lambda rows: rows @ parameters[f"{block}.W_K"]).gathered() for s in seen]
    pairs = max(x.shape[-2] for x in (query, *keys))
    scores = [by_head(query * key, config.heads).sum(-1) for key in keys]
    scores = [score.expand(*score.shape[:-2], pairs, -1) for score in scores]
    scale = 1 / math.sqrt(config.d_model // config.heads)
    return (torch.stack(scores, -1) * scale).softmax(-1)


def next_positions(config: Config, parameters: Parameters, block: int, streams: Sequence[Stream]) -> list[Stream]:
    """The three positions after a block."""
    return [
        Stream(_block(config, parameters, block, streams[: at + 1])["residual"], None if at else stream.row_index)
        for at, stream in enumerate(streams)
    ]


def _first_rows(config: Config, parameters: Parameters, tables: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """What a and b each add to the first sum of an MLP, [..., p, width]; the bias is with b."""
    of_a, of_b = tables
    if config.arch == "embed-mlp":
        of_a, of_b = of_a @ parameters["W_a"], of_b @ parameters["W_b"]
    return of_a, of_b + parameters["b_1"][..., None, :]


def _mlp(config: Config, parameters: Parameters, x: Tensor, last: str) -> dict[str, Tensor]:
    seen = {"sum": x}
    for layer in range(1, config.depth + 1):
        if layer > 1:
            x = affine(torch.matmul, x, parameters[f"W_{layer}"], parameters[f"b_{layer}"])
        x = _before(config, parameters, f"norm_{layer}", x)
        x = _after(config, parameters, f"norm_{layer}", ACTIVATIONS[config.activation](x))
        seen[f"neurons_{layer}"] = x
        if last in seen:
            return seen
    seen["logits"] = affine(torch.matmul, x, parameters["W_out"], parameters["b_out"])[..., : config.p]
    return seen


def _transformer(config: Config, parameters: Parameters, streams: list[Stream], last: str) -> dict[str, Tensor]:
    seen: dict[str, Tensor] = {}
    for block in range(config.depth):
        layers = _block(config, parameters, block, streams, beyond_neurons=last != f"{block}.neurons")
        seen |= {f"{block}.{name}": value for name, value in layers.items()}
        if last in seen:
            return seen
        if block + 1 < config.depth:
            earlier = next_positions(config, parameters, block, streams[:-1])
            streams = [*earlier, Stream(layers["residual"], None)]
    final = seen[f"{config.depth - 1}.residual"]
    seen["logits"] = (_before(config, parameters, "norm_out", final) @ parameters["W_U"])[..., : config.p]
    return seen


def _block(
    config: Config, parameters: Parameters, block: int, streams: Sequence[Stream], beyond_neurons: bool = True
) -> dict[str, Tensor]:
    """The last of the positions inside and after a block; position 0 sees itself alone and keeps its p rows."""
    name, x = f"{block}.norm_attention", streams[-1]
    values = [s.map(lambda rows: _before(config, parameters, name, rows) @ parameters[f"{block}.W_V"]) for s in streams]
    if len(streams) == 1:
        mixed, rows = values[0].rows, x.rows
    else:
        weights = pattern(config, parameters, block, streams).unbind(-1)
        parts = [by_head(v.gathered(), config.heads) for v in values]
        mixed = torch.stack([w[..., None] * v for w, v in zip(weights, parts, strict=True)]).sum(0).flatten(-2)
        rows = x.gathered()
    attended = _after(config, parameters, name, rows + mixed @ parameters[f"{block}.W_O"])
    name = f"{block}.norm_mlp"
    inner = _before(config, parameters, name, attended)
    inner = affine(torch.matmul, inner, parameters[f"{block}.W_in"], parameters[f"{block}.b_in"])
    neurons = ACTIVATIONS[config.activation](inner)
    if not beyond_neurons:
        return {"attention": attended, "neurons": neurons}
    out = affine(torch.matmul, neurons, parameters[f"{block}.W_out"], parameters[f"{block}.b_out"])
    return {"attention": attended, "neurons": neurons, "residual": _after(config, parameters, name, attended + out)}


def _before(config: Config, parameters: Parameters, name: str, x: Tensor) -> Tensor:
    return layer_norm(parameters, name, x) if config.layer_norm == "pre" else x


def _after(config: Config, parameters: Parameters, name: str, x: Tensor) -> Tensor:
    return layer_norm(parameters, name, x) if config.layer_norm == "post" else x
