"""The parameters of the transformer: their shapes, what they begin with, and what stands in for some."""

from __future__ import annotations

import math
from typing import Final

import torch

from grokterm.config import Config
from grokterm.lab.models.model import Parameters, Shapes
from grokterm.lab.models.partly_trained import StandIn
from grokterm.lab.models.sublayers import layer_norm_init, layer_norm_shapes, normal_init, sinusoids

CONSTANTS: Final = ("=", "eos", "op")
"""The order in which constant tokens have rows of W_E, behind the residues."""


def constants(config: Config) -> list[str]:
    """The tokens that are the same for every pair, in the order of their rows of W_E."""
    return [token for token in CONSTANTS if token in config.sequence_tokens]


def all_shapes(config: Config) -> Shapes:
    """The shape of every parameter that is read, in order; those of block i are named `i.…`, from 0."""
    p, d, width = config.p, config.d_model, config.width
    shapes: Shapes = {"W_E": (p + len(constants(config)), d), "W_pos": (len(config.sequence_tokens), d)}
    for block in range(config.depth):
        shapes |= {f"{block}.{name}": (d, d) for name in ("W_Q", "W_K", "W_V", "W_O")}
        if config.bias == "all":
            shapes |= {f"{block}.{name}": (d,) for name in ("b_Q", "b_K", "b_V", "b_O")}
        shapes |= {f"{block}.W_in": (d, width), f"{block}.b_in": (width,)}
        shapes |= {f"{block}.W_out": (width, d), f"{block}.b_out": (d,)}
        if config.layer_norm != "none":
            shapes |= layer_norm_shapes(f"{block}.norm_attention", d) | layer_norm_shapes(f"{block}.norm_mlp", d)
    if config.layer_norm == "pre":
        shapes |= layer_norm_shapes("norm_out", d)
    shapes["W_U"] = (d, config.class_count)
    return {**shapes, "b_U": (config.class_count,)} if config.bias == "all" else shapes


def initial(config: Config, shapes: Shapes, generator: torch.Generator) -> Parameters:
    """Weights ~ N(0, 1)/√d_model, W_U ~ N(0, 1)/√(p + 1), biases 0, as in Nanda et al.'s code."""
    parameters: Parameters = {}
    for name, shape in shapes.items():
        if name.rpartition(".")[2].startswith("b_"):
            parameters[name] = torch.zeros(shape)
        elif "norm_" in name:
            parameters |= layer_norm_init(name.rpartition(".")[0], config.d_model)
        else:
            variance = 1 / (config.p + 1) if name == "W_U" else 1 / config.d_model
            parameters[name] = normal_init(shape, math.sqrt(variance), generator)
    return parameters


def stand_ins(config: Config) -> dict[str, StandIn]:
    """With tied weights W_E of the classes, transposed, for W_U; and sines for positions where they are asked for."""
    found: dict[str, StandIn] = {}
    if config.tied == "on":
        found["W_U"] = lambda parameters: parameters["W_E"][..., : config.class_count, :].mT
    if config.positional == "sinusoidal":
        found["W_pos"] = lambda parameters: sinusoids(len(config.sequence_tokens), parameters["W_E"])
    return found


def product_sizes(config: Config, pairs: int, terms: bool) -> list[tuple[int, int, int]]:
    """Rows, inner and columns of the products of one block: over the pairs, of what is folded, and over the tokens.

    With terms what the heads of the tokens give is multiplied a token, and a pair adds three of each head.
    """
    p, d, width, classes = config.p, config.d_model, config.width, config.class_count
    tokens, of_a_pair = 2 * p + len(constants(config)), 3 * config.heads if terms else d
    over_pairs = [(pairs, of_a_pair, width), (pairs, width, classes), (pairs, of_a_pair, classes)]
    folded = [(d, d, width), (d, d, classes), (width, d, classes)]
    of_tokens = [(tokens, d, d)] * 2 + [(1, d, d), (1, d, width), (1, d, classes)]
    return [*over_pairs, *folded, *of_tokens, *([(tokens, d, width), (tokens, d, classes)] if terms else [])]
