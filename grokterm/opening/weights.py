"""Others' weights as they were read: tensors by their names there, of one step or of many."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from torch import Tensor

from grokterm.errors import WeightsError

LARGEST: Final = 2**30
"""Bytes of the largest file, and of the largest tensor."""

Tensors = dict[str, Tensor]


@dataclass(frozen=True)
class State:
    """The tensors of one step."""

    tensors: Tensors
    step: int | None = None
    """After how many steps, where that is known."""


@dataclass(frozen=True)
class Weights:
    """What files hold, in the order of the steps."""

    source: str
    """The files in words."""
    states: list[State]
    about: Mapping[str, object] = field(default_factory=dict)
    """What the files say of them beside, by name: configurations."""


def checked(source: str, tensors: Mapping[str, object]) -> Tensors:
    """The tensors, floats in memory that is theirs; raises WeightsError naming one that cannot be used."""
    found: Tensors = {}
    for name, tensor in tensors.items():
        if not isinstance(tensor, Tensor):
            raise WeightsError(f"{source} holds a {type(tensor).__name__} as {name!r}, where a tensor was expected")
        if tensor.numel() * tensor.element_size() > LARGEST:
            raise WeightsError(f"{name} in {source} is {list(tensor.shape)}: {LARGEST:,} bytes are the most")
        if str(tensor.layout) != "torch.strided" or tensor.is_quantized or tensor.is_complex() or tensor.is_meta:
            raise WeightsError(f"{name} in {source} is {tensor.dtype}, {tensor.layout}: dense real numbers are read")
        found[str(name)] = tensor.detach()
    if not found:
        raise WeightsError(f"{source} holds no tensor")
    return found
