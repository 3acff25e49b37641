"""The residual MLP: the embeddings of a and b added, blocks of one hidden layer that add to the sum, and W_U."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Final

import torch
from torch import Tensor

from grokterm.config.architectures import Architecture
from grokterm.lab.models.model import LOGITS, Drop, Model, Parameters, Shapes, Tables
from grokterm.lab.models.residual_stream import BLOCK_AXES, ResidualStreamModel
from grokterm.lab.models.sublayers import (
    ACTIVATIONS,
    affine,
    gather_rows,
    layer_norm,
    layer_norm_init,
    layer_norm_shapes,
    normal_init,
    read_out,
)


class ResidualMlp(ResidualStreamModel):
    """x = E_a[a] + E_b[b]; x ← x + f(x W_in + b_in) W_out + b_out, depth times; logits x W_U + b_U.

    The residual connections are those of He et al. (2016, arXiv:1512.03385). LayerNorm `pre` normalises what a block
    and W_U read, `post` the sum after every block, as in the transformer.
    """

    matrix_axes: ClassVar = {
        "E_a": ("residue a", "dimension"),
        "E_b": ("residue b", "dimension"),
        **BLOCK_AXES,
    }

    def all_shapes(self) -> Shapes:
        """The shape of every parameter; those of block i are named `i.…`, from 0."""
        p, d, width, classes = self.config.p, self.config.d_model, self.config.width, self.config.class_count
        shapes: Shapes = {"E_a": (p, d), "E_b": (p, d)}
        for block in range(self.config.depth):
            shapes |= {f"{block}.W_in": (d, width), f"{block}.b_in": (width,)}
            shapes |= {f"{block}.W_out": (width, d), f"{block}.b_out": (d,)}
            if self.config.layer_norm != "none":
                shapes |= layer_norm_shapes(f"{block}.norm", d)
        if self.config.layer_norm == "pre":
            shapes |= layer_norm_shapes("norm_out", d)
        return {**shapes, "W_U": (d, classes), "b_U": (classes,)}

    def init(self, generator: torch.Generator) -> Parameters:
        """Embeddings and weights ~ N(0, 1) over the root of the features that they are multiplied with, biases 0."""
        parameters: Parameters = {}
        for name, shape in self.shapes().items():
            if name.rpartition(".")[2].startswith("b_"):
                parameters[name] = torch.zeros(shape)
            elif "norm" in name:
                parameters |= layer_norm_init(name.rpartition(".")[0], self.config.d_model)
            else:
                fan_in = shape[1] if name.startswith("E_") else shape[0]
                parameters[name] = normal_init(shape, 1 / math.sqrt(fan_in), generator)
        return parameters

    def logits(self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor, drop: Drop | None = None) -> Tensor:
        """Logits [..., n, classes] of the pairs a, b (int64 [n] each)."""
        parameters = self.complete(parameters)
        of_a, of_b = parameters["E_a"], parameters["E_b"]
        x, first = gather_rows(of_a, a) + gather_rows(of_b, b), None
        if self.config.layer_norm != "pre":  # the first product is of the rows of residues, and not of the pairs
            rows = [self.product(each, parameters["0.W_in"]) for each in (of_a, of_b)]
            first = gather_rows(rows[0] + parameters["0.b_in"][..., None, :], a) + gather_rows(rows[1], b)
        return self._logits_of_sum(parameters, x, first, drop)

    def inputs(self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
        """Both embeddings side by side, [..., n, 2 · d_model]."""
        return torch.cat((gather_rows(parameters["E_a"], a), gather_rows(parameters["E_b"], b)), -1)

    def logits_of_inputs(self, parameters: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """Logits [..., n, classes] of what `inputs` gives."""
        a, b = inputs.chunk(2, -1)
        return self._logits_of_sum(self.complete(parameters), a + b, None, None)

    def trace(
        self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor, tables: Tables | None = None, last: str = LOGITS
    ) -> Parameters:
        """`sum` of both embeddings; of block i `i.neurons` and `i.residual`, the sum after it; `logits`."""
        parameters = self.complete(parameters)
        of_a, of_b = tables or self.residue_tables(parameters)
        x = of_a.index_select(-2, a) + of_b.index_select(-2, b)
        seen = {"sum": x}
        for block in range(self.config.depth):
            seen[f"{block}.neurons"] = neurons = self._neurons(parameters, block, x)
            if last in seen:
                return seen
            seen[f"{block}.residual"] = x = self._added(parameters, block, x, neurons)
            if last in seen:
                return seen
        seen[LOGITS] = self._read(parameters, x)[..., : self.config.p]
        return seen

    def neuron_inputs(self, parameters: Mapping[str, Tensor]) -> Tables:
        """What each residue as a and as b adds to each neuron of the first block; its LayerNorm is passed over."""
        of_a, of_b = (self.product(parameters[name], parameters["0.W_in"]) for name in ("E_a", "E_b"))
        return of_a, of_b

    @property
    def floats_per_example(self) -> int:
        """The largest of width, sum and classes."""
        return max(self.config.width, self.config.d_model, self.config.class_count)

    def _logits_of_sum(
        self, parameters: Mapping[str, Tensor], x: Tensor, first: Tensor | None, drop: Drop | None
    ) -> Tensor:
        """The logits of the sums [..., n, d_model]; `first` are the first pre-activations where they are known."""
        for block in range(self.config.depth):
            known = first if block == 0 else None
            neurons = self._neurons(parameters, block, x, known)
            x = self._added(parameters, block, x, neurons if drop is None else drop(block + 1, neurons))
        return self._read(parameters, x)

    def _neurons(self, parameters: Mapping[str, Tensor], block: int, x: Tensor, known: Tensor | None = None) -> Tensor:
        if known is None:
            seen = layer_norm(parameters, f"{block}.norm", x) if self.config.layer_norm == "pre" else x
            known = affine(self.product, seen, parameters[f"{block}.W_in"], parameters[f"{block}.b_in"])
        return ACTIVATIONS[self.config.activation](known)

    def _added(self, parameters: Mapping[str, Tensor], block: int, x: Tensor, neurons: Tensor) -> Tensor:
        x = x + affine(self.product, neurons, parameters[f"{block}.W_out"], parameters[f"{block}.b_out"])
        return layer_norm(parameters, f"{block}.norm", x) if self.config.layer_norm == "post" else x

    def _read(self, parameters: Mapping[str, Tensor], x: Tensor) -> Tensor:
        x = layer_norm(parameters, "norm_out", x) if self.config.layer_norm == "pre" else x
        return read_out(self.product, parameters, x)


MODELS: Final[dict[Architecture, type[Model]]] = {"residual-mlp": ResidualMlp}
"""The architecture of this file by its name."""
