"""How pictures are made: from tensors of a model, and from what a person chose."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torch import Tensor

from grokterm.analysis.model_at_step import ModelAtStep
from grokterm.picture import Picture

Chosen = Mapping[str, int]
"""What a person chose among neurons, heads, matrices, …, each counted from 0."""
Make = Callable[[ModelAtStep, Chosen], Picture]


def picture_of(
    tensors: Mapping[str, Tensor], names: Mapping[str, tuple[str, ...]] | None = None, summary: str = ""
) -> Picture:
    """A picture with the tensors as arrays; `pictures.make_picture` says of which model it is."""
    return Picture(
        {name: tensor.detach().cpu().numpy() for name, tensor in tensors.items()}, dict(names or {}), summary
    )


def pick(chosen: Chosen, name: str, count: int) -> int:
    """What was chosen among `count` things, the nearest that there is; 0 where nothing was."""
    return min(max(chosen.get(name, 0), 0), max(count - 1, 0))
