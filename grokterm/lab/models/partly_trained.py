"""Models whose forward pass reads parameters that are not trained: biases that are off, tied and constant ones."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping
from functools import cached_property

from torch import Tensor

from grokterm.lab.models.model import Model, Parameters, Shapes

StandIn = Callable[[Mapping[str, Tensor]], Tensor]
"""What is read in place of a parameter, [..., *shape], from those that are trained."""


class PartlyTrainedModel(Model):
    """Names every parameter that is read, and what stands in for those that are not trained.

    So the forward pass, kernels and analysis have no cases: they read what `complete` gives. Where everything is
    trained that is what it was given.
    """

    @abstractmethod
    def all_shapes(self) -> Shapes:
        """The shape of every parameter that is read, without replica axes, in order."""

    def shapes(self) -> Shapes:
        """The shape of every parameter that is trained, in the same order."""
        return {name: shape for name, shape in self.all_shapes().items() if name not in self._stand_ins}

    def stand_ins(self) -> dict[str, StandIn]:
        """What stands in for each parameter that is not trained; here zeros for biases that are off."""
        if self.config.bias != "off":
            return {}
        biases = [name for name in self.all_shapes() if name.rpartition(".")[2].startswith("b_")]
        return {name: self.constant(name) for name in biases}

    def constant(self, name: str) -> StandIn:
        """Zeros in place of a parameter."""
        shape = self.all_shapes()[name]
        return lambda parameters: _any(parameters).new_zeros(*self.replicas(parameters), *shape)

    def complete(self, parameters: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """The parameters with what stands in for those that are not among them."""
        missing = [name for name in self._stand_ins if name not in parameters]
        return {**parameters, **{n: self._stand_ins[n](parameters) for n in missing}} if missing else parameters

    def complete_gradient(self, gradient: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        """Where to write the gradient by every parameter that is read: scratch for those that are not trained."""
        if not self._stand_ins:
            return gradient
        shapes, like, replicas = self.all_shapes(), _any(gradient), self.replicas(gradient)
        return {**gradient, **{n: like.new_empty(*replicas, *shapes[n]) for n in self._stand_ins if n not in gradient}}

    def only_classes(self, parameters: Mapping[str, Tensor], classes: Tensor) -> Parameters:
        """See `Model`."""
        return super().only_classes(self.complete(parameters), classes)

    @cached_property
    def _stand_ins(self) -> dict[str, StandIn]:
        return self.stand_ins()

    def replicas(self, parameters: Mapping[str, Tensor]) -> tuple[int, ...]:
        """The replica axes of the parameters."""
        name, first = next(iter(parameters.items()))
        return tuple(first.shape[: first.ndim - len(self.all_shapes()[name])])


def _any(parameters: Mapping[str, Tensor]) -> Tensor:
    """One of them, for its dtype and device."""
    return next(iter(parameters.values()))
