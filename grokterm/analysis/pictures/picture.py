"""What a picture consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from torch import Tensor

from grokterm.analysis.model_at_step import ModelAtStep

Chosen = Mapping[str, int]
"""What a person chose among neurons, heads, matrices, …, each counted from 0."""


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """Small arrays for one view, and a sentence on what they are computed from or why there are none."""

    arrays: Mapping[str, Tensor]
    names: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What parts are called, along an axis of the arrays."""
    words: str = ""


Make = Callable[[ModelAtStep, Chosen], Picture]


def pick(chosen: Chosen, name: str, count: int) -> int:
    """What was chosen among `count` things, the nearest that there is; 0 where nothing was."""
    return min(max(chosen.get(name, 0), 0), max(count - 1, 0))
