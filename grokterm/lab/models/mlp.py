"""The MLP: a and b looked up in two embeddings, concatenated, then as the one-hot MLP."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Final

import torch
from torch import Tensor

from grokterm.config.architectures import Architecture
from grokterm.lab.models.few_operations import MlpInFewOperations
from grokterm.lab.models.model import Model, Parameters, Shapes, Tables
from grokterm.lab.models.one_hot import OneHotMlp
from grokterm.lab.models.partly_trained import StandIn
from grokterm.lab.models.small_products import small_product
from grokterm.lab.models.sublayers import gather_rows, linear_init, normal_init
from grokterm.lab.precision import Product


class Mlp(OneHotMlp):
    """Embeddings `E_a`, `E_b` of d_model concatenated → width (depth times) → classes, as in Kitouni's set-up.

    The product of the concatenation with the first layer is E_a W_a [a] + E_b W_b [b], where `W_a` and
    `W_b` are the two halves of that layer: 2p rows are multiplied, not n.
    """

    few_operations = MlpInFewOperations
    matrix_axes: ClassVar = {
        **OneHotMlp.matrix_axes,
        "E_a": ("residue a", "dimension"),
        "E_b": ("residue b", "dimension"),
        "W_a": ("dimension of a", "neuron"),
        "W_b": ("dimension of b", "neuron"),
    }

    @property
    def embeddings(self) -> tuple[str, ...]:
        """`E_a` and `E_b`, or with tied weights the one that both are."""
        shapes = self.shapes()
        return tuple(name for name in self.config.architecture.embedding.parameters if name in shapes)

    def stand_ins(self) -> dict[str, StandIn]:
        """With tied weights E_a for E_b: a and b share one embedding, as in Liu et al. 2022 (arXiv:2205.10343)."""
        tied: dict[str, StandIn] = {"E_b": lambda parameters: parameters["E_a"]} if self.config.tied == "on" else {}
        return super().stand_ins() | tied

    def inputs(self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
        """Both embeddings side by side, [..., n, 2 · d_model]."""
        parameters = self.complete(parameters)
        return torch.cat((gather_rows(parameters["E_a"], a), gather_rows(parameters["E_b"], b)), -1)

    def product_sizes(self, pairs: int) -> list[tuple[int, int, int]]:
        """Those of the one-hot MLP, and of each embedding with its half of the first layer."""
        p, d_model, width = self.config.p, self.config.d_model, self.config.width
        return [*super().product_sizes(pairs), *[(p, d_model, width)] * 2]

    def _input_size(self) -> int:
        return 2 * self.config.d_model

    def _input_shapes(self) -> Shapes:
        p, d_model, width = self.config.p, self.config.d_model, self.config.width
        return {"E_a": (p, d_model), "E_b": (p, d_model), "W_a": (d_model, width), "W_b": (d_model, width)}

    def _input_init(self, generator: torch.Generator) -> Parameters:
        """Embeddings ~ N(0, 1) as torch.nn.Embedding, weights as torch.nn.Linear."""
        return {
            name: normal_init(shape, 1, generator)
            if name.startswith("E_")
            else linear_init(shape, self._input_size(), generator)
            for name, shape in self._input_shapes().items()
        }

    def _input_rows(self, parameters: Mapping[str, Tensor], product: Product) -> Tables:
        return product(parameters["E_a"], parameters["W_a"]), product(parameters["E_b"], parameters["W_b"])

    def _gradient_rows(self, gradient: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        shape = (*gradient["b_1"].shape[:-1], self.config.p, self.config.width)
        return gradient["W_a"].new_empty(shape), gradient["W_b"].new_empty(shape)

    def _pass_on(
        self, parameters: Mapping[str, Tensor], d_of_a: Tensor, d_of_b: Tensor, gradient: Mapping[str, Tensor]
    ) -> None:
        product = small_product(self.product, d_of_a)
        for name, given in (("a", d_of_a), ("b", d_of_b)):
            embedding, weight = parameters[f"E_{name}"], parameters[f"W_{name}"]
            product(given, weight.mT, out=gradient[f"E_{name}"])
            product(embedding.mT, given, out=gradient[f"W_{name}"])
        if self.config.tied == "on":
            gradient["E_a"].add_(gradient["E_b"])


MODELS: Final[dict[Architecture, type[Model]]] = {"mlp": Mlp}
"""The architecture of this file by its name."""
