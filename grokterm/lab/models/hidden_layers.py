"""The hidden layers of every MLP, whatever stands before them: layer i has W_i and b_i and, with LayerNorm, norm_i."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from torch import Tensor

from grokterm.config import Config
from grokterm.lab.models.network import Drop, Shapes
from grokterm.lab.models.sublayers import ACTIVATIONS, affine, layer_norm, layer_norm_shapes
from grokterm.lab.precision import Product

MATRIX_AXES: Final = {
    **{f"W_{i}": (f"neuron of layer {i - 1}" if i > 2 else "neuron", f"neuron of layer {i}") for i in range(2, 9)},
    "W_out": ("neuron", "class"),
}
"""What rows and columns of their matrices count; the first is of the input."""


def layers(config: Config) -> range:
    """The numbers of the layers, from 1."""
    return range(1, config.depth + 1)


def hidden_shapes(config: Config) -> Shapes:
    """The parameters behind W_1 and b_1, in order: LayerNorm and weights of each layer, then W_out, b_out."""
    width, classes, shapes = config.width, config.class_count, Shapes()
    for layer in layers(config):
        if layer > 1:
            shapes |= {f"W_{layer}": (width, width), f"b_{layer}": (width,)}
        if config.layer_norm != "none":
            shapes |= layer_norm_shapes(f"norm_{layer}", width)
    return {**shapes, "W_out": (width, classes), "b_out": (classes,)}


def logits_of_hidden(
    config: Config, product: Product, parameters: Mapping[str, Tensor], x: Tensor, drop: Drop | None
) -> Tensor:
    """The logits of the first layer's pre-activations [..., n, width]."""
    for layer in layers(config):
        x = neurons(config, product, parameters, layer, x)
        x = x if drop is None else drop(layer, x)
    return affine(product, x, parameters["W_out"], parameters["b_out"])


def neurons(config: Config, product: Product, parameters: Mapping[str, Tensor], layer: int, x: Tensor) -> Tensor:
    """The neurons of a layer, from those of the one before or, of the first, from its pre-activations.

    With `pre` LayerNorm stands before the activation, with `post` behind it.
    """
    activation, name = ACTIVATIONS[config.activation], f"norm_{layer}"
    if layer > 1:
        x = affine(product, x, parameters[f"W_{layer}"], parameters[f"b_{layer}"])
    match config.layer_norm:
        case "none":
            return activation(x)
        case "pre":
            return activation(layer_norm(parameters, name, x))
        case "post":
            return layer_norm(parameters, name, activation(x))
