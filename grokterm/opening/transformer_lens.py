"""The HookedTransformer of TransformerLens: heads have an axis of their own, and all biases are there."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from grokterm.config import Value
from grokterm.config.model import SEQUENCES, InputSequence
from grokterm.errors import WeightsError
from grokterm.opening.blocks import block_count, residues_of
from grokterm.opening.taking import Converted, Hints, Taker
from grokterm.opening.weights import Tensors

NAME = "the HookedTransformer of TransformerLens"
_NORMS = {"ln1": "norm_attention", "ln2": "norm_mlp"}


def fits(tensors: Mapping[str, Tensor]) -> bool:
    """Whether the names are its own, and W_O has an axis for the heads."""
    written = tensors.get("blocks.0.attn.W_O")
    return "embed.W_E" in tensors and written is not None and written.ndim == 3


def convert(taker: Taker, hints: Hints) -> Converted:
    """Its weights as ours; tokens are the residues, then =, eos and op where they are read. Raises WeightsError."""
    embedding = taker.take("embed.W_E", "W_E", None, None)
    vocabulary, d = embedding.shape
    positions = taker.take("pos_embed.W_pos", "W_pos", None, d)
    sequence = _sequence(len(positions))
    constant = len(SEQUENCES[sequence]) - 2
    p = residues_of(hints, vocabulary - constant, vocabulary, f"{constant} of them for other tokens than residues")
    found = {"W_E": embedding, "W_pos": positions}
    depth, heads = block_count(taker.left, "blocks."), taker.left["blocks.0.attn.W_O"].shape[0]
    normed = "blocks.0.ln1.w" in taker.left
    for block in range(depth):
        found |= _attention(taker, block, heads, d) | _mlp(taker, block, d)
        if normed:
            for theirs, ours in _NORMS.items():
                found |= _layer_norm(taker, f"blocks.{block}.{theirs}", f"{block}.{ours}", d)
    if normed:
        found |= _layer_norm(taker, "ln_final", "norm_out", d)
    elif hints.get("layer_norm") == "pre":  # LNPre: the same without gain and shift
        names = [f"{block}.{name}" for block in range(depth) for name in _NORMS.values()]
        for name in [*names, "norm_out"]:
            found |= {f"{name}.gain": torch.ones(d), f"{name}.shift": torch.zeros(d)}
    found["W_U"] = taker.take("unembed.W_U", "W_U", d, None)
    if "unembed.b_U" in taker.left:
        found["b_U"] = taker.take("unembed.b_U", "b_U", found["W_U"].shape[1])
    values: dict[str, Value] = {
        "arch": "transformer",
        "p": p,
        "d_model": d,
        "heads": heads,
        "width": found["0.W_in"].shape[1],
        "depth": depth,
        "layer_norm": "pre" if "norm_out.gain" in found else "none",
        "classes": "p" if found["W_U"].shape[1] == p else "p+1",
        "tied": "off",
        "positional": "learned",
        "sequence": sequence,
        "attention_rate": 1.0,
    }
    return Converted(values, found)


def _sequence(positions: int) -> InputSequence:
    for name, tokens in SEQUENCES.items():
        if len(tokens) == positions:
            return name
    raise WeightsError(f"pos_embed.W_pos has {positions} positions: 3 are read, a b =, or 5, eos a op b =")


def _attention(taker: Taker, block: int, heads: int, d: int) -> Tensors:
    found, to = {}, f"blocks.{block}.attn"
    for name in "QKV":
        read = taker.take(f"{to}.W_{name}", f"{block}.W_{name}, heads side by side", heads, d, None)
        found[f"{block}.W_{name}"] = read.transpose(0, 1).flatten(1)
        if f"{to}.b_{name}" in taker.left:
            bias = taker.take(f"{to}.b_{name}", f"{block}.b_{name}, heads side by side", heads, None)
            found[f"{block}.b_{name}"] = bias.flatten()
    found[f"{block}.W_O"] = taker.take(f"{to}.W_O", f"{block}.W_O, heads one above another", heads, None, d).flatten(
        0, 1
    )
    if f"{to}.b_O" in taker.left:
        found[f"{block}.b_O"] = taker.take(f"{to}.b_O", f"{block}.b_O", d)
    for mask in ("mask", "IGNORE"):
        taker.leave_out(f"{to}.{mask}", "the mask")
    return found


def _mlp(taker: Taker, block: int, d: int) -> Tensors:
    to = f"blocks.{block}.mlp"
    inner = taker.take(f"{to}.W_in", f"{block}.W_in", d, None)
    width = inner.shape[1]
    found = {f"{block}.W_in": inner, f"{block}.W_out": taker.take(f"{to}.W_out", f"{block}.W_out", width, d)}
    for name, size in (("b_in", width), ("b_out", d)):
        if f"{to}.{name}" in taker.left:
            found[f"{block}.{name}"] = taker.take(f"{to}.{name}", f"{block}.{name}", size)
    return found


def _layer_norm(taker: Taker, theirs: str, ours: str, d: int) -> Tensors:
    parts = {"w": "gain", "b": "shift"}
    return {f"{ours}.{part}": taker.take(f"{theirs}.{name}", f"{ours}.{part}", d) for name, part in parts.items()}
