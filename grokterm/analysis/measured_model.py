"""The measures of plugins: functions of a model, its parameters and its logits."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from grokterm.analysis.pairs import LogitsFn
from grokterm.config import Config
from grokterm.plugins.items import PluginError
from grokterm.plugins.registry import items


@dataclass(frozen=True)
class MeasuredModel:
    """A model after a step, as the measures of plugins see it."""

    step: int
    config: Config
    parameters: Mapping[str, Tensor]
    """By name; not to be written to."""
    labels: Tensor
    """The right answers, int64 [p, p] indexed [a, b], or [m] of other examples; −1 where there is none."""
    train: Tensor
    """Whether an example is in the training set, bool of the same shape."""
    all_logits: Callable[[], Tensor]
    """Computes `logits`."""

    @cached_property
    def logits(self) -> Tensor:
        """The logits of all examples, [p, p, p] indexed [a, b, class], or [m, answers]; computed where it is read."""
        return self.all_logits()


def logits_of_pairs(logits_fn: LogitsFn, p: int, device: torch.device) -> Tensor:
    """The logits of all pairs, [p, p, p] indexed [a, b, class]."""
    a = torch.arange(p, device=device)
    return logits_fn(a.repeat_interleave(p), a.repeat(p)).view(p, p, -1)


@torch.no_grad()
def plugin_measures(model: MeasuredModel) -> dict[str, float]:
    """Every measure of the plugins by name; raises PluginError where one gives no number."""
    found: dict[str, float] = {}
    for item in items("measure"):
        value = item.function(model)
        try:
            found[item.name] = float(value)
        except (TypeError, ValueError, OverflowError, RuntimeError):
            got = type(value).__name__
            raise PluginError(
                f"the measure {item.name} ({item.where}) must give a number that a float holds, not {got}"
            ) from None
    return found
