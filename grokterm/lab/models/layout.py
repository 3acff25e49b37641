"""All parameters of a model as one vector, so that the optimizer and the norms are one operation each."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from grokterm.lab.models.model import Parameters, Shapes


class Layout:
    """The place of each parameter in a vector [..., size] that holds them all."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes
        self._counts = [math.prod(shape) for shape in shapes.values()]
        self.size = sum(self._counts)

    def split(self, flat: Tensor) -> tuple[Tensor, ...]:
        """The parameters in a vector [..., size], [..., count] each, as views of it."""
        return flat.split_with_sizes(self._counts, -1)

    def unflatten(self, flat: Tensor) -> Parameters:
        """The parameters in a vector [..., size], as views of it."""
        parts = zip(self.shapes.items(), self.split(flat), strict=True)
        return {name: part.view(*flat.shape[:-1], *shape) for (name, shape), part in parts}

    def span(self, flat: Tensor, first: str, last: str) -> Tensor:
        """All parameters from `first` to `last`, in order, in a vector [size], as a view of it."""
        names = list(self.shapes)
        start, stop = names.index(first), names.index(last) + 1
        return flat[sum(self._counts[:start]) : sum(self._counts[:stop])]

    def flatten(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """The vector [..., size] that holds the parameters, as a copy."""
        return torch.cat([parameters[name].flatten(-len(shape)) for name, shape in self.shapes.items()], -1)
