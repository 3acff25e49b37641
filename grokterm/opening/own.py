"""grokterm's own names: what `grokterm export --to safetensors` and `npz` write, and what a --map file gives."""

from __future__ import annotations

import re
from collections.abc import Mapping

from torch import Tensor

from grokterm.config import Value
from grokterm.config.model import SEQUENCES
from grokterm.errors import WeightsError
from grokterm.opening.blocks import block_count
from grokterm.opening.taking import Converted, Hints, Taker

NAME = "grokterm's own layout"


def fits(tensors: Mapping[str, Tensor]) -> bool:
    """Whether there is a first matrix and a read-out under names of ours."""
    return ("0.W_in" in tensors and bool({"W_E", "E_a"} & tensors.keys())) or (
        "W_out" in tensors and bool({"W_a", "W_1"} & tensors.keys())
    )


def convert(taker: Taker, hints: Hints) -> Converted:
    """The weights as they are; settings are what the file tells, or follow from the shapes. Raises WeightsError."""
    tensors = {name: taker.any(name, name) for name in sorted(taker.left)}
    if "arch" in hints.told:
        return Converted({}, tensors)
    return Converted(settings_of(tensors, hints), tensors)


def settings_of(tensors: Mapping[str, Tensor], hints: Hints) -> dict[str, Value]:
    """The settings of a model of pairs that follow from the shapes of its parameters; raises WeightsError."""
    flat = next((name for name, tensor in tensors.items() if tensor.ndim != _axes(name)), None)
    if flat is not None:
        raise WeightsError(f"{flat} is {list(tensors[flat].shape)}, and has {_axes(flat)} axes in grokterm's layout")
    values = _of_blocks(tensors, hints) if "0.W_in" in tensors else _of_layers(tensors, hints)
    read_out = next((tensors[name] for name in ("W_U", "W_out") if name in tensors), None)
    if read_out is not None:
        values["classes"] = "p" if read_out.shape[1] == values["p"] else "p+1"
    return values


def _axes(name: str) -> int:
    last = name.rpartition(".")[2]
    return 1 if last.startswith("b_") or last in ("gain", "shift") else 2


def _of_blocks(tensors: Mapping[str, Tensor], hints: Hints) -> dict[str, Value]:
    """Those of a transformer, or of a residual MLP."""
    d_model, width = tensors["0.W_in"].shape
    norm = "pre" if "norm_out.gain" in tensors else "post" if any("norm" in name for name in tensors) else "none"
    depth = block_count(tensors, "")
    values: dict[str, Value] = {"d_model": d_model, "width": width, "depth": depth, "layer_norm": norm}
    if "E_a" in tensors:
        return values | {"arch": "residual-mlp", "p": len(tensors["E_a"])}
    given = hints.get("sequence")
    positions = tensors.get("W_pos")
    told = next((len(tokens) for name, tokens in SEQUENCES.items() if name == given), len(SEQUENCES["a-b-equals"]))
    count = told if positions is None else len(positions)
    sequence = next((name for name, tokens in SEQUENCES.items() if len(tokens) == count), None)
    if sequence is None:
        raise WeightsError(f"W_pos has {count} positions: 3 are read, a b =, or 5, eos a op b =")
    positional = "learned" if positions is not None else "none"
    return values | {
        "arch": "transformer",
        "p": len(tensors["W_E"]) - (count - 2),
        "tied": "off" if "W_U" in tensors else "on",
        "sequence": sequence,
        **({} if positions is None and hints.get("positional") == "sinusoidal" else {"positional": positional}),
    }


def _of_layers(tensors: Mapping[str, Tensor], hints: Hints) -> dict[str, Value]:
    """Those of an MLP."""
    if "W_a" not in tensors:
        raise WeightsError("W_a is missing, by which grokterm's MLPs of pairs begin")
    rows, width = tensors["W_a"].shape
    depth = max((int(match[1]) for name in tensors if (match := re.fullmatch(r"W_(\d)", name))), default=1)
    norm = hints.get("layer_norm") if any("norm" in name for name in tensors) else "none"
    values: dict[str, Value] = {"width": width, "depth": depth, "layer_norm": norm or "pre"}
    if "E_a" not in tensors:
        return values | {"arch": "one-hot", "p": rows}
    tied = "off" if "E_b" in tensors else "on"
    return values | {"arch": "mlp", "p": len(tensors["E_a"]), "d_model": rows, "tied": tied}
