"""The Transformer in the code of Nanda et al. 2023 (arXiv:2301.05217): every matrix is indexed [output, input]."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from grokterm.config import Value
from grokterm.opening.blocks import block_count, residues_of
from grokterm.opening.taking import Converted, Hints, Taker
from grokterm.opening.weights import Tensors

NAME = "the Transformer of Nanda et al.'s code"


def fits(tensors: Mapping[str, Tensor]) -> bool:
    """Whether the names are its own, and W_O is one matrix for all heads."""
    written = tensors.get("blocks.0.attn.W_O")
    return "embed.W_E" in tensors and written is not None and written.ndim == 2


def convert(taker: Taker, hints: Hints) -> Converted:
    """Its weights as ours, which are indexed [input, output]; raises WeightsError."""
    embedding = taker.take("embed.W_E", "W_E, transposed", None, None).T
    vocabulary, d = embedding.shape
    p = residues_of(hints, vocabulary - 1, vocabulary, "the residues and =")
    found = {"W_E": embedding, "W_pos": taker.take("pos_embed.W_pos", "W_pos", 3, d)}
    depth = block_count(taker.left, "blocks.")
    heads = next((len(each) for name, each in taker.left.items() if name.endswith("attn.W_K")), 0)
    for block in range(depth):
        found |= _attention(taker, block, heads, d) | _mlp(taker, block, d)
    found["W_U"] = taker.take("unembed.W_U", "W_U", d, None)
    values: dict[str, Value] = {
        "arch": "transformer",
        "p": p,
        "d_model": d,
        "heads": heads,
        "width": found["0.W_in"].shape[1],
        "depth": depth,
        "layer_norm": "none",
        "classes": "p" if found["W_U"].shape[1] == p else "p+1",
        "tied": "off",
        "positional": "learned",
        "sequence": "a-b-equals",
        "causal": "on",
        "attention_rate": 1.0,
    }
    return Converted(values, found)


def _attention(taker: Taker, block: int, heads: int, d: int) -> Tensors:
    found, to = {}, f"blocks.{block}.attn"
    for name in "KQV":
        read = taker.take(f"{to}.W_{name}", f"{block}.W_{name}, transposed, heads side by side", heads, None, d)
        found[f"{block}.W_{name}"] = read.flatten(0, 1).T
    found[f"{block}.W_O"] = taker.take(f"{to}.W_O", f"{block}.W_O, transposed", d, None).T
    taker.leave_out(f"{to}.mask", "the causal mask")
    return found


def _mlp(taker: Taker, block: int, d: int) -> Tensors:
    to = f"blocks.{block}.mlp"
    inner = taker.take(f"{to}.W_in", f"{block}.W_in, transposed", None, d).T
    width = inner.shape[1]
    outer = taker.take(f"{to}.W_out", f"{block}.W_out, transposed", d, width).T
    biases = {
        name: taker.take(f"{to}.{name}", f"{block}.{name}", size) for name, size in (("b_in", width), ("b_out", d))
    }
    return {f"{block}.W_in": inner, f"{block}.W_out": outer} | {f"{block}.{n}": bias for n, bias in biases.items()}
