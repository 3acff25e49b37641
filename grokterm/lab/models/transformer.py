"""The transformer of Nanda et al. (2023, arXiv:2301.05217) on the three tokens a, b, "="."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor

from grokterm.lab.models.attention import Stream, attend
from grokterm.lab.models.model import Model, Parameters, Shapes
from grokterm.lab.models.sublayers import (
    ACTIVATIONS,
    affine,
    layer_norm,
    layer_norm_init,
    layer_norm_shapes,
    normal_init,
)

POSITIONS: Final = 3


class Transformer(Model):
    """Learned positions, causal attention without biases, an MLP with biases, read at "=" by an untied W_U.

    Its vocabulary is the p residues and "=" (row p of `W_E`); `W_U` has the p residues alone, since "="
    is never an answer and its class is dropped in every measure. Heads lie side by side in the columns
    of `W_Q`, `W_K`, `W_V` and in the rows of `W_O`. LayerNorm `pre` normalises the input of every
    sublayer and of `W_U` (as GPT-2), `post` the stream after every sublayer (as Vaswani et al.).

    Position 0 sees a alone, so it stays p rows in every block; position 1 is p rows before the first
    block; "=" is one row there, and in the last block it is the only position computed.
    """

    carried = ("W_E", "W_pos", "W_U")

    def shapes(self) -> Shapes:
        """The shape of every parameter; those of block i are named `i.…`, from 0."""
        p, d, width = self.config.p, self.config.d_model, self.config.width
        shapes: Shapes = {"W_E": (p + 1, d), "W_pos": (POSITIONS, d)}
        for block in range(self.config.depth):
            shapes |= {f"{block}.{name}": (d, d) for name in ("W_Q", "W_K", "W_V", "W_O")}
            shapes |= {f"{block}.W_in": (d, width), f"{block}.b_in": (width,)}
            shapes |= {f"{block}.W_out": (width, d), f"{block}.b_out": (d,)}
            if self.config.layer_norm != "none":
                shapes |= layer_norm_shapes(f"{block}.norm_attention", d) | layer_norm_shapes(f"{block}.norm_mlp", d)
        if self.config.layer_norm == "pre":
            shapes |= layer_norm_shapes("norm_out", d)
        return {**shapes, "W_U": (d, p)}

    def init(self, generator: torch.Generator) -> Parameters:
        """Weights ~ N(0, 1)/√d_model, W_U ~ N(0, 1)/√(p + 1), biases 0, as in Nanda et al.'s code."""
        parameters: Parameters = {}
        for name, shape in self.shapes().items():
            if ".b_" in name:
                parameters[name] = torch.zeros(shape)
            elif "norm_" in name:
                parameters |= layer_norm_init(name.rpartition(".")[0], self.config.d_model)
            else:
                variance = 1 / (self.config.p + 1) if name == "W_U" else 1 / self.config.d_model
                parameters[name] = normal_init(shape, math.sqrt(variance), generator)
        return parameters

    def logits(self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
        """Logits [..., n, p] of the pairs a, b (int64 [n] each)."""
        streams = self._embed(parameters, a, b)
        for block in range(self.config.depth - 1):
            streams = [self._block(parameters, block, streams[: i + 1]) for i in range(POSITIONS)]
        if self.config.depth == 1 and self.config.layer_norm == "none":
            return self._folded(parameters, streams)
        answer = self._block(parameters, self.config.depth - 1, streams).rows
        if self.config.layer_norm == "pre":
            answer = layer_norm(parameters, "norm_out", answer)
        return self.product(answer, parameters["W_U"])

    def first_layer(self, parameters: Mapping[str, Tensor]) -> list[Tensor]:
        """The embedding of the residues, [..., p, d_model]; "=" is left out."""
        return [parameters["W_E"][..., :-1, :]]

    @property
    def floats_a_pair(self) -> int:
        """The largest of MLP width, residual stream and p."""
        return max(self.config.width, self.config.d_model, self.config.p)

    def _embed(self, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor) -> list[Stream]:
        tokens, equals = parameters["W_E"].split_with_sizes([self.config.p, 1], -2)
        of_a, of_b, of_equals = parameters["W_pos"].split_with_sizes([1] * POSITIONS, -2)
        return [Stream(tokens + of_a, a), Stream(tokens + of_b, b), Stream(equals + of_equals, None)]

    def _block(self, parameters: Mapping[str, Tensor], block: int, streams: list[Stream]) -> Stream:
        """The last of the positions after the block, which sees them all."""
        mixed = self._mixed(parameters, block, streams)
        x = streams[-1]
        attended = self.product(mixed.rows, parameters[f"{block}.W_O"])
        if x.chosen is not mixed.chosen:
            x = Stream(x.of_pairs(), None)
        x = Stream(self._after(parameters, f"{block}.norm_attention", x.rows + attended), mixed.chosen)
        hidden = affine(
            self.product,
            self._before(parameters, f"{block}.norm_mlp", x.rows),
            parameters[f"{block}.W_in"],
            parameters[f"{block}.b_in"],
        )
        hidden = ACTIVATIONS[self.config.activation](hidden)
        out = affine(self.product, hidden, parameters[f"{block}.W_out"], parameters[f"{block}.b_out"])
        return x.map(lambda rows: self._after(parameters, f"{block}.norm_mlp", rows + out))

    def _mixed(self, parameters: Mapping[str, Tensor], block: int, streams: list[Stream]) -> Stream:
        """What the last position gathers from all positions, before W_O."""
        seen = [s.map(lambda rows: self._before(parameters, f"{block}.norm_attention", rows)) for s in streams]
        w_q, w_k, w_v = (parameters[f"{block}.{name}"] for name in ("W_Q", "W_K", "W_V"))
        values = [s.map(lambda rows: self.product(rows, w_v)) for s in seen]
        if len(streams) == 1:
            return values[0]  # the first position sees itself alone, so its pattern is 1
        keys = [s.map(lambda rows: self.product(rows, w_k)) for s in seen]
        query = seen[-1].map(lambda rows: self.product(rows, w_q))
        return Stream(attend(query, keys, values, self.config.heads), None)

    def _folded(self, parameters: Mapping[str, Tensor], streams: list[Stream]) -> Tensor:
        """The logits of one block without LayerNorm, with W_O W_in, W_O W_U and W_out W_U multiplied first."""
        w_o, w_in, w_out = (parameters[f"0.{name}"] for name in ("W_O", "W_in", "W_out"))
        w_u, equals, product = parameters["W_U"], streams[-1].rows, self.product
        mixed = self._mixed(parameters, 0, streams).rows
        hidden = product(mixed, product(w_o, w_in)) + affine(product, equals, w_in, parameters["0.b_in"])
        direct = product(mixed, product(w_o, w_u)) + product(equals + parameters["0.b_out"][..., None, :], w_u)
        return direct + product(ACTIVATIONS[self.config.activation](hidden), product(w_out, w_u))

    def _before(self, parameters: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
        return layer_norm(parameters, name, x) if self.config.layer_norm == "pre" else x

    def _after(self, parameters: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
        return layer_norm(parameters, name, x) if self.config.layer_norm == "post" else x
