"""The decoder of openai/grok, the code of Power et al. 2022 (arXiv:2201.02177): post-norm blocks without biases.

Its vocabulary is <|eos|>, =, the names of its operations in the order of their letters, 97 numbers, and the 120
permutations of five; it reads `<|eos|> a op b =`, adds sines that are not learned, and answers at =.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from grokterm.config import Value
from grokterm.errors import WeightsError
from grokterm.opening.blocks import block_count, residues_of
from grokterm.opening.taking import Converted, Hints, Taker
from grokterm.opening.weights import Tensors
from grokterm.tasks.groups import finite_group
from grokterm.tasks.operations import rule_of

NAME: Final = "the decoder of openai/grok"
OPERATIONS: Final = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "x2+y2": "x**2+y**2_mod_97",
    "x2+xy+y2": "x**2+y**2+x*y_mod_97",
    "x2+xy+y2+x": "x**2+y**2+x*y+x_mod_97",
    "x3+xy": "x**3+x*y_mod_97",
    "x3+xy2+y": "x**3+x*y**2+y_mod_97",
    "a/b if b odd else a-b": "(x._value//y)if(y._value%2==1)else(x-y)_mod_97",
    "a+b if a even else ab": "+*",
    "a+b if a even else a-b": "+-",
    "s5": "s5",
    "s5-conjugate": "s5conj",
    "s5-aba": "s5aba",
}
"""Our operations by the names that they have there."""
_OTHERS: Final = ("**2+", "**3+", "sort", "reverse", "copy")
TOKENS: Final = ("<|eos|>", "=", *sorted((*OPERATIONS.values(), *_OTHERS)))
"""The vocabulary before the numbers."""
NUMBERS: Final = 97
PERMUTATIONS: Final = 120


def fits(tensors: Mapping[str, Tensor]) -> bool:
    """Whether the names are its own."""
    return "embedding.weight" in tensors and any("self_attn.attn_heads" in name for name in tensors)


def convert(taker: Taker, hints: Hints) -> Converted:
    """Its weights as ours, with the rows of the tokens that a task reads; raises WeightsError."""
    embedding = taker.take("embedding.weight", "W_E: the rows of residues, =, eos and the operation", None, None)
    vocabulary, d = embedding.shape
    if vocabulary != len(TOKENS) + NUMBERS + PERMUTATIONS:
        raise WeightsError(
            f"embedding.weight has {vocabulary} rows, and the vocabulary of openai/grok "
            f"{len(TOKENS) + NUMBERS + PERMUTATIONS}: a --map file says which rows are which"
        )
    op, operator, residues = _tokens(str(hints.get("op") or "add"))
    residues_of(hints, len(residues), vocabulary, f"{len(residues)} of them for what {op} is of")
    constant = torch.tensor([TOKENS.index("="), TOKENS.index("<|eos|>"), TOKENS.index(operator)])
    found = {"W_E": embedding[torch.cat((residues, constant))], "W_pos": _positions(taker, d)}
    depth, width = block_count(taker.left, "decoder.blocks."), 1
    heads = block_count(taker.left, "decoder.blocks.0.self_attn.attn_heads.")
    for block in range(depth):
        found |= _block(taker, block, heads, d)
    width = found["0.W_in"].shape[1]
    taker.leave_out("self_attn_mask", "the causal mask")
    read_out = taker.take("linear.weight", "W_U, transposed: the residues, without the other tokens", vocabulary, d)
    found["W_U"] = read_out[residues].T
    values: dict[str, Value] = {
        "arch": "transformer",
        "p": len(residues),
        "d_model": d,
        "heads": heads,
        "width": width,
        "depth": depth,
        "layer_norm": "post",
        "classes": "p",
        "bias": "off",
        "tied": "off",
        "positional": "learned",
        "sequence": "eos-a-op-b-equals",
        "causal": "on",
        "attention_rate": 1.0,
    }
    return Converted(values, found)


def sines(positions: int, d: int) -> Tensor:
    """The positions that its code adds, [positions, d_model], float32."""
    feature = torch.arange(d, dtype=torch.float64)
    angle = torch.arange(positions, dtype=torch.float64)[:, None] / 10000 ** ((feature - feature % 2) / d)
    return torch.where(feature % 2 == 0, angle.sin(), angle.cos()).float()


def _tokens(op: str) -> tuple[str, str, Tensor]:
    """The operation by our name for it, its token there, and the rows of the residues; raises WeightsError."""
    name = next((ours for ours in OPERATIONS if rule_of(ours).name == rule_of(op).name), None)
    if name is None:
        raise WeightsError(f"openai/grok has no token for --op {op}: it has {', '.join(OPERATIONS)}")
    first = len(TOKENS)
    if not name.startswith("s5"):
        return name, OPERATIONS[name], torch.arange(first, first + NUMBERS)
    # Its product is ours in the other order: so an element here is the inverse of the one there.
    return name, OPERATIONS[name], first + NUMBERS + torch.tensor(finite_group("s5").inverse)


def _positions(taker: Taker, d: int) -> Tensor:
    if "position_encoding" not in taker.left:
        return sines(5, d)
    return taker.take("position_encoding", "W_pos: its first five rows", None, d)[:5]


def _block(taker: Taker, block: int, heads: int, d: int) -> Tensors:
    to, found = f"decoder.blocks.{block}", {}
    for name in "qkv":
        ours = f"{block}.W_{name.upper()}"
        parts = [
            taker.take(f"{to}.self_attn.attn_heads.{i}.W{name}.weight", f"{ours}, head {i}, transposed", None, d).T
            for i in range(heads)
        ]
        found[ours] = torch.cat(parts, 1)
    found[f"{block}.W_O"] = taker.take(f"{to}.self_attn.Wo.weight", f"{block}.W_O, transposed", d, d).T
    found[f"{block}.W_in"] = taker.take(f"{to}.ffn.ffn.0.weight", f"{block}.W_in, transposed", None, d).T
    width = found[f"{block}.W_in"].shape[1]
    found[f"{block}.W_out"] = taker.take(f"{to}.ffn.ffn.2.weight", f"{block}.W_out, transposed", d, width).T
    for theirs, ours in (("self_attn_norm", "norm_attention"), ("ffn_norm", "norm_mlp")):
        for kind, part in (("weight", "gain"), ("bias", "shift")):
            name = f"{block}.{ours}.{part}"
            found[name] = taker.take(f"{to}.{theirs}.{kind}", name, d)
    return found
