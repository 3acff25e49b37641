"""The transformer's forward pass opened up: what every layer holds at "=", and what the heads attend to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.lab.models.attention import Stream, by_head
from grokterm.lab.models.sublayers import ACTIVATIONS, affine, layer_norm


def trace(config: Config, parameters: Mapping[str, Tensor], streams: list[Stream], last: str) -> dict[str, Tensor]:
    """At "=", of block i: `i.attention` (the stream after attention), `i.neurons` and `i.residual`; then `logits`.

    `streams` are the three positions before the first block; nothing is computed beyond the layer `last`.
    """
    seen: dict[str, Tensor] = {}
    for block in range(config.depth):
        layers = _block(config, parameters, block, streams, beyond_neurons=last != f"{block}.neurons")
        seen |= {f"{block}.{name}": value for name, value in layers.items()}
        if last in seen:
            return seen
        if block + 1 < config.depth:
            earlier = _next_streams(config, parameters, block, streams[:-1])
            streams = [*earlier, Stream(layers["residual"], None)]
    final = seen[f"{config.depth - 1}.residual"]
    seen["logits"] = (_before(config, parameters, "norm_out", final) @ parameters["W_U"])[..., : config.p]
    return seen


def attention(
    config: Config, parameters: Mapping[str, Tensor], block: int, streams: list[Stream], every: bool
) -> Tensor:
    """What "=" attends to in a block, [..., m, heads, 3]; or `every` position, [..., m, heads, 3 (from), 3 (to)].

    Entries are 0 for positions that come after. `streams` are the three positions before the first block.
    """
    for earlier in range(block):
        streams = _next_streams(config, parameters, earlier, streams)
    if not every:
        return _pattern(config, parameters, block, streams)
    seen = [_pattern(config, parameters, block, streams[: at + 1]) for at in range(len(streams))]
    last = seen[-1]
    full = torch.zeros(*last.shape[:-1], len(streams), len(streams)).to(last)
    full[..., 0, 0] = 1  # the first position sees itself alone
    for at in range(1, len(streams)):
        full[..., at, : at + 1] = seen[at]
    return full


def _pattern(config: Config, parameters: Mapping[str, Tensor], block: int, streams: Sequence[Stream]) -> Tensor:
    """Attention of the last of `streams` over all of them, [..., m, heads, positions]: softmax(q·k/√d_head)."""
    seen = [s.map(lambda rows: _before(config, parameters, f"{block}.norm_attention", rows)) for s in streams]
    query = seen[-1].map(lambda rows: rows @ parameters[f"{block}.W_Q"]).gathered()
    keys = [s.map(lambda rows: rows @ parameters[f"{block}.W_K"]).gathered() for s in seen]
    pairs = max(x.shape[-2] for x in (query, *keys))
    scores = [by_head(query * key, config.heads).sum(-1) for key in keys]
    scores = [score.expand(*score.shape[:-2], pairs, -1) for score in scores]
    scale = 1 / math.sqrt(config.d_model // config.heads)
    return (torch.stack(scores, -1) * scale).softmax(-1)


def _next_streams(
    config: Config, parameters: Mapping[str, Tensor], block: int, streams: Sequence[Stream]
) -> list[Stream]:
    """The positions after a block."""
    return [
        Stream(_block(config, parameters, block, streams[: at + 1])["residual"], None if at else stream.row_index)
        for at, stream in enumerate(streams)
    ]


def _block(
    config: Config,
    parameters: Mapping[str, Tensor],
    block: int,
    streams: Sequence[Stream],
    beyond_neurons: bool = True,
) -> dict[str, Tensor]:
    """The last of the positions inside and after a block; position 0 sees itself alone and keeps its p rows."""
    name, x = f"{block}.norm_attention", streams[-1]
    values = [s.map(lambda rows: _before(config, parameters, name, rows) @ parameters[f"{block}.W_V"]) for s in streams]
    if len(streams) == 1:
        mixed, rows = values[0].rows, x.rows
    else:
        weights = _pattern(config, parameters, block, streams).unbind(-1)
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


def _before(config: Config, parameters: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    return layer_norm(parameters, name, x) if config.layer_norm == "pre" else x


def _after(config: Config, parameters: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    return layer_norm(parameters, name, x) if config.layer_norm == "post" else x
