"""Models of blocks that add to a residual stream, neurons by W_in and W_out, and are read by W_U."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from torch import Tensor

from grokterm.lab.models.model import Parameters
from grokterm.lab.models.partly_trained import PartlyTrainedModel

BLOCK_AXES: Final = {
    "W_in": ("dimension", "neuron"),
    "W_out": ("neuron", "dimension"),
    "W_U": ("dimension", "class"),
}
"""What rows and columns of their matrices count."""
ATTENTION_AXES: Final = {
    "W_Q": ("dimension", "query, heads side by side"),
    "W_K": ("dimension", "key, heads side by side"),
    "W_V": ("dimension", "value, heads side by side"),
    "W_O": ("value, heads in turn", "dimension"),
}
"""The same of those of attention."""


class ResidualStreamModel(PartlyTrainedModel):
    """A model whose block i writes what its neurons, `i.neurons` in `trace`, give by `i.W_out` into the stream."""

    @property
    def neuron_layers(self) -> list[str]:
        """`i.neurons` of every block, as in `trace`."""
        return [f"{block}.neurons" for block in range(self.config.depth)]

    def outgoing(self, layer: int) -> str:
        """W_out of the block."""
        return f"{layer}.W_out"

    def only_neurons(self, parameters: Mapping[str, Tensor], neurons: Tensor, layer: int) -> Parameters:
        """Their columns of W_in and rows of W_out."""
        parameters = self.complete(parameters)
        found = {name: parameters[name].index_select(-1, neurons) for name in (f"{layer}.W_in", f"{layer}.b_in")}
        out = self.outgoing(layer)
        return {**parameters, **found, out: parameters[out].index_select(-2, neurons)}

    def neuron_logit_map(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """W_out W_U of the last block, [..., width, p]."""
        w_u = self.complete(parameters)["W_U"]
        return parameters[self.outgoing(self.config.depth - 1)] @ w_u[..., : self.config.p]

    @property
    def normalizes_output(self) -> bool:
        """Whether there is any LayerNorm: `pre` has one before W_U."""
        return self.config.layer_norm != "none"
