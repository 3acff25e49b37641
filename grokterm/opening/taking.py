"""Taking a layout's tensors one by one: which is what, which has another shape, and which is left."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import torch
from torch import Tensor

from grokterm.config import Value
from grokterm.errors import WeightsError
from grokterm.number_format import counted
from grokterm.opening.report import Role
from grokterm.opening.weights import Tensors

_SHOWN = 4


class Hints(NamedTuple):
    """Settings that do not follow from shapes, by name."""

    asked: Mapping[str, Value]
    """By a person."""
    told: Mapping[str, Value]
    """By the file."""

    def get(self, name: str) -> Value | None:
        """What is asked for, or else told; None where it is neither."""
        return self.asked.get(name, self.told.get(name))

    def number(self, name: str) -> int | None:
        """The same of a whole number."""
        value = self.get(name)
        return value if isinstance(value, int) else None


class Converted(NamedTuple):
    """Others' tensors as ours."""

    values: dict[str, Value]
    """The settings that follow from names and shapes."""
    tensors: Tensors
    """By our names; biases may be among them that are 0, or missing where they are."""


class Taker:
    """The tensors of one step under one layout."""

    def __init__(self, layout: str, tensors: Tensors) -> None:
        self.layout = layout
        self.roles: list[Role] = []
        """What each tensor was taken for, in the order in which they were taken."""
        self._left = dict(tensors)

    @property
    def left(self) -> Mapping[str, Tensor]:
        """The tensors that were not taken yet."""
        return self._left

    def take(self, name: str, role: str, *shape: int | None) -> Tensor:
        """A tensor of this shape, of any size where it is None; raises WeightsError with the shapes otherwise."""
        expected = f"[{', '.join('any' if size is None else str(size) for size in shape)}]"
        if name not in self._left:
            raise WeightsError(f"{name} is missing, which {self.layout} has as {expected}")
        tensor = self._left[name]
        fits = len(shape) == tensor.ndim and all(
            want in (None, size) for want, size in zip(shape, tensor.shape, strict=True)
        )
        if not fits:
            raise WeightsError(f"{name} is {list(tensor.shape)}, and {self.layout} has {expected} there")
        return self.any(name, role)

    def any(self, name: str, role: str) -> Tensor:
        """A tensor of any shape, which is there; raises WeightsError where it holds no floats."""
        tensor = self._left.pop(name)
        self.roles.append(Role(name, tuple(tensor.shape), role))
        if not tensor.is_floating_point():
            raise WeightsError(f"{name} is {tensor.dtype}, and weights are floating-point numbers")
        tensor = tensor if tensor.dtype == torch.float64 else tensor.float()
        if not bool(tensor.isfinite().all()):
            raise WeightsError(f"{name} holds a number that is not finite")
        return tensor

    def leave_out(self, name: str, why: str) -> None:
        """Passes a tensor that is no weight, if it is there."""
        if name in self._left:
            self.roles.append(Role(name, tuple(self._left.pop(name).shape), f"left out: {why}"))

    def check_all_taken(self) -> None:
        """Raises WeightsError where a tensor is left that the layout does not have."""
        if self._left:
            shown = [f"{name} {list(tensor.shape)}" for name, tensor in list(self._left.items())[:_SHOWN]]
            more = f" and {counted(len(self._left) - _SHOWN, 'other')}" if len(self._left) > _SHOWN else ""
            raise WeightsError(
                f"{', '.join(shown)}{more} {'is' if len(self._left) == 1 else 'are'} nothing that {self.layout} has: "
                "a --map file says what is what"
            )
