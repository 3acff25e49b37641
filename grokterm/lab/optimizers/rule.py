"""What a rule is: the part of an optimizer that makes a direction of a gradient."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from torch import Tensor

from grokterm.lab.models.layout import Layout
from grokterm.lab.optimizers.hyperparameters import Hyperparameters


class Rule(ABC):
    """Makes a direction of the gradient by parameters [..., size], and keeps what it needs from step to step."""

    decoupled: ClassVar[bool] = True
    """Whether decay is a step of its own, θ ← θ(1 − lr·weight_decay), or else weight_decay·θ added to the gradient."""
    in_one_pass: ClassVar[bool] = False
    """Whether a step, decay towards 0 included, is also known fused and planned."""

    def __init__(self, parameters: Tensor, count: Tensor, layout: Layout, hidden: frozenset[str]) -> None:
        """`layout` says where each parameter is, `hidden` which are matrices other than embeddings and read-out."""
        self.count, self.layout, self.hidden = count, layout, hidden
        """`count`: steps taken, this one included."""

    @abstractmethod
    def direction(self, gradient: Tensor, hyper: Hyperparameters) -> Tensor:
        """What the step goes against, [..., size], not yet times the rate; updates the state."""

    def rates(self, share: Tensor, hyper: Hyperparameters) -> Tensor:
        """The learning rate of every parameter, or of all, where warm-up has come to `share` of it."""
        return hyper.lr * share

    def state_dict(self) -> dict[str, Tensor]:
        """Its tensors by name, [..., size] each."""
        return {}
