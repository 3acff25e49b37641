"""MLPs of k inputs: coordinates ±1, one-hot tokens or embeddings side by side, then hidden layers and classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

import torch
from torch import Tensor
from torch.nn import functional

from grokterm.config.architectures import Architecture
from grokterm.lab.examples import Examples
from grokterm.lab.models.hidden_layers import MATRIX_AXES, hidden_shapes, logits_of_hidden
from grokterm.lab.models.network import Drop, Network, Parameters, Shapes
from grokterm.lab.models.sublayers import (
    affine,
    gather_rows,
    layer_norm_init,
    linear_init,
    normal_init,
    sum_rows,
)
from grokterm.lab.tuples import Tuples, signs_of


class TokenOneHotMlp(Network):
    """k tokens → width (depth times) → classes, with biases and the initial weights of torch.nn.Linear.

    Residues are one-hot vectors side by side, so that the first layer is a sum of k of the k·p rows of `W_1`. The
    coordinates of a parity are the inputs themselves, 1 or −1, as in Barak et al. 2022 (arXiv:2207.08799).
    """

    matrix_axes: ClassVar = {
        **MATRIX_AXES,
        "W_1": ("input", "neuron"),
    }

    @property
    def embeddings(self) -> tuple[str, ...]:
        """See `Network`."""
        return ("W_1",)

    @property
    def ends(self) -> tuple[str, ...]:
        """See `Network`."""
        return (*self.embeddings, *self.config.architecture.read_out.parameters)

    @property
    def hidden_matrices(self) -> frozenset[str]:
        """Every layer but the last: there is no embedding."""
        return super().hidden_matrices | {"W_1"}

    def shapes(self) -> Shapes:
        """The shape of every parameter: W_1, b_1, then W_i, b_i a further layer, then W_out, b_out."""
        width = self.config.width
        first = {"W_1": (self._features, width), "b_1": (width,)}
        return {**self._embedding_shapes(), **first, **hidden_shapes(self.config)}

    def init(self, generator: torch.Generator) -> Parameters:
        """Uniform within ±1/√fan_in for weights and biases, as torch.nn.Linear; LayerNorm gain 1, shift 0."""
        parameters: Parameters = {}
        for name, shape in self.shapes().items():
            if name.startswith("norm_"):
                parameters |= layer_norm_init(name.rpartition(".")[0], self.config.width)
            elif name in self._embedding_shapes():  # as torch.nn.Embedding
                parameters[name] = normal_init(shape, 1, generator)
            else:
                fan_in = self._features if name in ("W_1", "b_1") else self.config.width
                parameters[name] = linear_init(shape, fan_in, generator)
        return parameters

    def logits_of(self, parameters: Mapping[str, Tensor], examples: Examples, drop: Drop | None = None) -> Tensor:
        """See `Network`."""
        if self._is_parity:
            x = self.product(self._coordinates(parameters, examples), parameters["W_1"])
        else:
            x = self._summed(self._rows(parameters), examples)
        x = x + parameters["b_1"][..., None, :]
        return logits_of_hidden(self.config, self.product, parameters, x, drop)

    def inputs_of(self, parameters: Mapping[str, Tensor], examples: Examples) -> Tensor:
        """See `Network`."""
        return self._coordinates(parameters, examples) if self._is_parity else self._one_hot(parameters, examples)

    def logits_of_inputs(self, parameters: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """See `Network`."""
        x = affine(self.product, inputs, parameters["W_1"], parameters["b_1"])
        return logits_of_hidden(self.config, self.product, parameters, x, None)

    def input_tables(self, parameters: Mapping[str, Tensor]) -> list[Tensor]:
        """What each token at each place adds to the first layer, or is looked up as: [..., tokens, features] a place.

        Of residues alone.
        """
        shape = self.config.shape
        return list(torch.unflatten(parameters[self.first_layer], -2, (shape.inputs, shape.tokens)).unbind(-3))

    def coordinate_rows(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """See `Network`."""
        return parameters["W_1"]

    def tables_in(self, name: str) -> int:
        """One for each place."""
        return self.config.shape.inputs

    @property
    def floats_per_example(self) -> int:
        """The width, or the classes or inputs where they are more."""
        inputs = self.config.shape.inputs
        return max(self.config.width, self.config.class_count, inputs)

    @property
    def _is_parity(self) -> bool:
        return self.config.of_points

    @property
    def _features(self) -> int:
        """Inputs of the first layer."""
        shape = self.config.shape
        return shape.inputs if self._is_parity else shape.inputs * shape.tokens

    def _embedding_shapes(self) -> Shapes:
        return {}

    def _rows(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """What each token at each place adds to the first layer, [..., k · tokens, width]."""
        return parameters["W_1"]

    def _summed(self, rows: Tensor, examples: Examples) -> Tensor:
        """The sum of the rows of each example's tokens, [..., n, width]."""
        shape, tokens = self.config.shape, examples.tokens
        if isinstance(examples, Tuples) and rows.ndim == 2 and rows.device.type == "cpu":
            return sum_rows(rows, examples.row_sums(shape.tokens))
        x = gather_rows(rows, tokens[..., 0])
        for place in range(1, shape.inputs):
            x = x + gather_rows(rows, tokens[..., place] + place * shape.tokens)
        return x

    def _coordinates(self, parameters: Mapping[str, Tensor], examples: Examples) -> Tensor:
        """1 and −1, [..., n, k]."""
        bias = parameters["b_1"]
        signs = signs_of(examples.tokens).to(bias.dtype)
        return signs.expand(*bias.shape[:-1], *signs.shape[-2:])

    def _one_hot(self, parameters: Mapping[str, Tensor], examples: Examples) -> Tensor:
        """k one-hot vectors side by side, [..., n, k · p]."""
        bias = parameters["b_1"]
        one_hot = functional.one_hot(examples.tokens, self.config.shape.tokens).flatten(-2).to(bias.dtype)
        return one_hot.expand(*bias.shape[:-1], *one_hot.shape)


class TokenMlp(TokenOneHotMlp):
    """A table of embeddings for each of k places, concatenated → width (depth times) → classes.

    Those of k places stand below each other in `E` [k · tokens, d_model]; a parity has two tokens at each place. The
    product with the first layer is taken of the rows of the tables, not of the examples.
    """

    matrix_axes: ClassVar = {
        **TokenOneHotMlp.matrix_axes,
        "E": ("token, place by place", "dimension"),
        "W_1": ("dimension, place by place", "neuron"),
    }

    @property
    def embeddings(self) -> tuple[str, ...]:
        """See `Network`."""
        return ("E",)

    def inputs_of(self, parameters: Mapping[str, Tensor], examples: Examples) -> Tensor:
        """See `Network`."""
        shape = self.config.shape
        places = torch.arange(shape.inputs, device=examples.tokens.device) * shape.tokens
        rows = gather_rows(parameters["E"], (examples.tokens + places).flatten())
        return torch.unflatten(rows, -2, (len(examples), shape.inputs)).flatten(-2)

    def coordinate_rows(self, parameters: Mapping[str, Tensor]) -> Tensor:
        """Half of what is between its two tokens: token 0 stands for 1."""
        of_one, of_minus_one = torch.unflatten(self._rows(parameters), -2, (-1, 2)).unbind(-2)
        return (of_one - of_minus_one) / 2

    @property
    def _is_parity(self) -> bool:
        return False  # its tokens are looked up, as all others

    @property
    def _features(self) -> int:
        return self.config.shape.inputs * self.config.d_model

    def _embedding_shapes(self) -> Shapes:
        shape = self.config.shape
        return {"E": (shape.inputs * shape.tokens, self.config.d_model)}

    def _rows(self, parameters: Mapping[str, Tensor]) -> Tensor:
        places = self.config.shape.inputs
        tables, weights = (torch.unflatten(parameters[name], -2, (places, -1)) for name in ("E", "W_1"))
        return self.product(tables, weights).flatten(-3, -2)


NETWORKS: Final[dict[Architecture, type[Network]]] = {"one-hot": TokenOneHotMlp, "mlp": TokenMlp}
"""The architectures of this file by their names."""
