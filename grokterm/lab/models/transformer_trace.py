"""The transformer's forward pass opened up: what every layer holds at "=", and what the heads attend to."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.lab.models.attention import Stream, by_head, interpolated, once_a_residue, project, shared_index
from grokterm.lab.models.sublayers import ACTIVATIONS, affine, layer_norm, read_out


def trace(config: Config, parameters: Mapping[str, Tensor], streams: list[Stream], last: str) -> dict[str, Tensor]:
    """At "=", of block i: `i.attention` (the stream after attention), `i.neurons` and `i.residual`; then `logits`.

    `streams` are the positions before the first block; nothing is computed beyond the layer `last`.
    """
    seen: dict[str, Tensor] = {}
    for block in range(config.depth):
        at_equals, beyond = len(streams) - 1, last != f"{block}.neurons"
        layers = _block(config, parameters, block, streams, at_equals, beyond_neurons=beyond)
        seen |= {f"{block}.{name}": value for name, value in layers.items()}
        if last in seen:
            return seen
        if block + 1 < config.depth:
            earlier = _next_streams(config, parameters, block, streams, len(streams) - 1)
            streams = [*earlier, Stream(layers["residual"], None)]
    final = seen[f"{config.depth - 1}.residual"]
    final = _before(config, parameters, "norm_out", final)
    seen["logits"] = read_out(torch.matmul, parameters, final)[..., : config.p]
    return seen


def attention(
    config: Config, parameters: Mapping[str, Tensor], block: int, streams: list[Stream], every: bool
) -> Tensor:
    """What "=" attends to in a block, [..., m, heads, positions]; or `every` position, the one from first.

    Then it is [..., m, heads, positions (from), positions (to)]. Entries are 0 for positions that a causal mask hides.
    `streams` are the positions before the first block.
    """
    for earlier in range(block):
        streams = _next_streams(config, parameters, earlier, streams, len(streams))
    if not every:
        return _pattern(config, parameters, block, streams, len(streams) - 1)
    seen = [_pattern(config, parameters, block, streams, at) for at in range(len(streams))]
    last = seen[-1]
    full = torch.zeros(*last.shape[:-1], len(streams), len(streams)).to(last)
    for at, pattern in enumerate(seen):
        if pattern.shape[-1] == 1:
            full[..., 0, 0] = 1  # the first position sees itself alone
        else:
            full[..., at, : pattern.shape[-1]] = pattern
    return full


def _seen(config: Config, streams: Sequence[Stream], at: int) -> Sequence[Stream]:
    """The positions that one of them sees."""
    return streams[: at + 1] if config.causal == "on" else streams


def _pattern(
    config: Config, parameters: Mapping[str, Tensor], block: int, streams: Sequence[Stream], at: int
) -> Tensor:
    """Attention of one of `streams` over those that it sees, [..., m, heads, positions]: softmax(q·k/√d_head)."""
    seen = [
        s.map(lambda rows: _before(config, parameters, f"{block}.norm_attention", rows))
        for s in _seen(config, streams, at)
    ]
    query = seen[at].map(lambda rows: project(torch.matmul, parameters, block, "Q", rows)).gathered()
    keys = [s.map(lambda rows: project(torch.matmul, parameters, block, "K", rows)).gathered() for s in seen]
    pairs = max(x.shape[-2] for x in (query, *keys))
    scores = [by_head(query * key, config.heads).sum(-1) for key in keys]
    scores = [score.expand(*score.shape[:-2], pairs, -1) for score in scores]
    scale = 1 / math.sqrt(config.d_model // config.heads)
    return interpolated((torch.stack(scores, -1) * scale).softmax(-1), config.attention_rate)


def _next_streams(
    config: Config, parameters: Mapping[str, Tensor], block: int, streams: Sequence[Stream], count: int
) -> list[Stream]:
    """The first `count` of the positions after a block."""
    found = []
    for at in range(count):
        seen = _seen(config, streams, at)
        rows = _block(config, parameters, block, streams, at)["residual"]
        found.append(Stream(rows, shared_index(seen), all(stream.constant for stream in seen)))
    return found


def _block(
    config: Config,
    parameters: Mapping[str, Tensor],
    block: int,
    streams: Sequence[Stream],
    at: int,
    beyond_neurons: bool = True,
) -> dict[str, Tensor]:
    """One of the positions inside and after a block; one that sees one residue, or none, has p rows, or one."""
    streams = once_a_residue(_seen(config, streams, at))
    name, x = f"{block}.norm_attention", streams[at]
    values = [
        s.map(lambda rows: project(torch.matmul, parameters, block, "V", _before(config, parameters, name, rows)))
        for s in streams
    ]
    if len(values) == 1:
        mixed, rows = values[0].rows, x.rows
    else:
        weights = _pattern(config, parameters, block, streams, at).unbind(-1)
        parts = [by_head(v.gathered(), config.heads) for v in values]
        mixed = torch.stack([w[..., None] * v for w, v in zip(weights, parts, strict=True)]).sum(0).flatten(-2)
        rows = x.gathered()
    written = project(torch.matmul, parameters, block, "O", mixed)
    attended = _after(config, parameters, name, rows + written)
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
