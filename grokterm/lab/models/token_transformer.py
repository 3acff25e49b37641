"""The transformer on k tokens and "=", for tasks of other than two inputs."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import ClassVar, Final

import torch
from torch import Tensor

from grokterm.config.architectures import Architecture
from grokterm.lab.examples import Examples
from grokterm.lab.models.network import Drop, Network, Parameters, Shapes
from grokterm.lab.models.residual_stream import ATTENTION_AXES, BLOCK_AXES
from grokterm.lab.models.sublayers import (
    ACTIVATIONS,
    gather_rows,
    layer_norm,
    layer_norm_init,
    layer_norm_shapes,
    normal_init,
)


class TokenTransformer(Network):
    """Learned positions, causal attention without biases, an MLP with biases, read at "=" by an untied W_U.

    As the transformer of pairs (Nanda et al. 2023, arXiv:2301.05217), with k + 1 positions. The vocabulary is the p
    residues, or the two values of a coordinate, and "=", the last row of `W_E`. In the last block "=" is the only
    position computed.
    """

    matrix_axes: ClassVar = {
        "W_E": ("token, last =", "dimension"),
        "W_pos": ("position, last =", "dimension"),
        **ATTENTION_AXES,
        **BLOCK_AXES,
    }

    @property
    def embeddings(self) -> tuple[str, ...]:
        """See `Network`."""
        return ("W_E",)

    def shapes(self) -> Shapes:
        """The shape of every parameter; those of block i are named `i.…`, from 0."""
        shape, d, width = self.config.shape, self.config.d_model, self.config.width
        shapes: Shapes = {"W_E": (shape.tokens + 1, d), "W_pos": (shape.inputs + 1, d)}
        for block in range(self.config.depth):
            shapes |= {f"{block}.{name}": (d, d) for name in ("W_Q", "W_K", "W_V", "W_O")}
            shapes |= {f"{block}.W_in": (d, width), f"{block}.b_in": (width,)}
            shapes |= {f"{block}.W_out": (width, d), f"{block}.b_out": (d,)}
            if self.config.layer_norm != "none":
                shapes |= layer_norm_shapes(f"{block}.norm_attention", d) | layer_norm_shapes(f"{block}.norm_mlp", d)
        if self.config.layer_norm == "pre":
            shapes |= layer_norm_shapes("norm_out", d)
        return {**shapes, "W_U": (d, self.config.class_count)}

    def init(self, generator: torch.Generator) -> Parameters:
        """Weights ~ N(0, 1)/√d_model, biases 0; W_U ~ N(0, 1)/√(p + 1), of a parity as all others."""
        parameters: Parameters = {}
        for name, shape in self.shapes().items():
            if ".b_" in name:
                parameters[name] = torch.zeros(shape)
            elif "norm_" in name:
                parameters |= layer_norm_init(name.rpartition(".")[0], self.config.d_model)
            else:
                vocabulary = self.config.shape.tokens + 1
                of_residues = name == "W_U" and not self.config.of_points
                variance = 1 / (vocabulary if of_residues else self.config.d_model)
                parameters[name] = normal_init(shape, math.sqrt(variance), generator)
        return parameters

    def logits_of(self, parameters: Mapping[str, Tensor], examples: Examples, drop: Drop | None = None) -> Tensor:
        """See `Network`."""
        return self._logits_of_tokens(parameters, self._embedded(parameters, examples), drop)

    def inputs_of(self, parameters: Mapping[str, Tensor], examples: Examples) -> Tensor:
        """The embeddings of the k tokens side by side, [..., n, k · d_model]."""
        return self._embedded(parameters, examples).flatten(-2)

    def logits_of_inputs(self, parameters: Mapping[str, Tensor], inputs: Tensor) -> Tensor:
        """See `Network`."""
        return self._logits_of_tokens(parameters, torch.unflatten(inputs, -1, (-1, self.config.d_model)), None)

    def input_tables(self, parameters: Mapping[str, Tensor]) -> list[Tensor]:
        """The embedding of the residues, [..., p, d_model], which is one for all places."""
        return [parameters["W_E"][..., :-1, :]]

    @property
    def normalizes_output(self) -> bool:
        """Whether there is any LayerNorm: `pre` has one before W_U."""
        return self.config.layer_norm != "none"

    @property
    def floats_per_example(self) -> int:
        """What all positions hold of the largest of MLP width, residual stream and attention scores, or the classes."""
        positions = self.config.shape.inputs + 1
        widest = max(self.config.width, self.config.d_model, self.config.heads * positions)
        return max(positions * widest, self.config.class_count)

    def _embedded(self, parameters: Mapping[str, Tensor], examples: Examples) -> Tensor:
        """The embeddings of the tokens, [..., n, k, d_model]."""
        tokens = examples.tokens
        return torch.unflatten(gather_rows(parameters["W_E"], tokens.flatten(-2)), -2, tokens.shape[-2:])

    def _logits_of_tokens(self, parameters: Mapping[str, Tensor], embedded: Tensor, drop: Drop | None) -> Tensor:
        """The logits, read at "=", of embedded tokens [..., n, k, d_model]."""
        equals = parameters["W_E"][..., None, -1:, :].expand(*embedded.shape[:-2], 1, embedded.shape[-1])
        x = torch.cat((embedded, equals), -2) + parameters["W_pos"][..., None, :, :]
        for block in range(self.config.depth):
            x = self._block(parameters, block, x, drop)
        answer = x.squeeze(-2)
        if self.config.layer_norm == "pre":
            answer = layer_norm(parameters, "norm_out", answer)
        return self.product(answer, parameters["W_U"])

    def _block(self, parameters: Mapping[str, Tensor], block: int, x: Tensor, drop: Drop | None) -> Tensor:
        """The stream [..., n, positions, d_model] after a block; of the last one "=" alone."""
        seen = self._before(parameters, f"{block}.norm_attention", x)
        if block == self.config.depth - 1:
            x = x[..., -1:, :]
        attended = self._times(self._mixed(parameters, block, seen, x.shape[-2]), parameters[f"{block}.W_O"])
        x = self._after(parameters, f"{block}.norm_attention", x + attended)
        hidden = self._times(self._before(parameters, f"{block}.norm_mlp", x), parameters[f"{block}.W_in"])
        hidden = ACTIVATIONS[self.config.activation](hidden + parameters[f"{block}.b_in"][..., None, None, :])
        if drop is not None:
            first = 1 + block * (self.config.shape.inputs + 1)
            hidden = torch.stack([drop(first + i, part) for i, part in enumerate(hidden.unbind(-2))], -2)
        out = self._times(hidden, parameters[f"{block}.W_out"]) + parameters[f"{block}.b_out"][..., None, None, :]
        return self._after(parameters, f"{block}.norm_mlp", x + out)

    def _mixed(self, parameters: Mapping[str, Tensor], block: int, seen: Tensor, last: int) -> Tensor:
        """What the `last` positions attend to, before W_O: [..., n, last, d_model]."""
        heads = self.config.heads
        q, k, v = (
            torch.unflatten(self._times(of, parameters[f"{block}.{name}"]), -1, (heads, -1)).transpose(-3, -2)
            for of, name in ((seen[..., -last:, :], "W_Q"), (seen, "W_K"), (seen, "W_V"))
        )
        scores = q @ k.mT / math.sqrt(q.shape[-1])
        positions = torch.arange(seen.shape[-2], device=seen.device)
        ahead = positions > positions[-last:, None]
        pattern = scores.masked_fill(ahead, -math.inf).softmax(-1)
        return (pattern @ v).transpose(-3, -2).flatten(-2)

    def _times(self, x: Tensor, weight: Tensor) -> Tensor:
        """x [..., n, positions, d] times a weight [..., d, m]."""
        return torch.unflatten(self.product(x.flatten(-3, -2), weight), -2, x.shape[-3:-1])

    def _before(self, parameters: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
        return self._normal(parameters, name, x) if self.config.layer_norm == "pre" else x

    def _after(self, parameters: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
        return self._normal(parameters, name, x) if self.config.layer_norm == "post" else x

    def _normal(self, parameters: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
        return torch.unflatten(layer_norm(parameters, name, x.flatten(-3, -2)), -2, x.shape[-3:-1])


NETWORKS: Final[dict[Architecture, type[Network]]] = {"transformer": TokenTransformer}
"""The architecture of this file by its name."""
