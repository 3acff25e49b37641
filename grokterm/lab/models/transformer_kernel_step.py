"""Forward and backward of the one-layer transformer without LayerNorm around the kernel over the pairs.

Every tensor may have a leading axis of replicas. The plain form is `Transformer.logits`; `d_x` is the gradient by x.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import torch
from torch import Tensor

from grokterm.config import Config
from grokterm.config.losses import Loss
from grokterm.lab import native
from grokterm.lab.models.attention import by_head
from grokterm.lab.models.small_products import SmallProduct, small_product
from grokterm.lab.precision import Product
from grokterm.lab.tasks import Pairs


class _Attended(NamedTuple):
    """What "=" sees at the 2p + 1 tokens: the residues as a, as b, and itself."""

    rows: Tensor
    """[2p + 1, d_model], the embeddings with their positions."""
    query: Tensor
    """[1, d_model], that of "=" over √d_head."""
    keys: Tensor
    values: Tensor
    """[2p + 1, d_model] each."""


class _Folded(NamedTuple):
    """The products that stand behind attention, taken once a step."""

    left: Tensor
    """W_O, what "=" adds to every pair, and b_out: [d_model + 2, d_model]."""
    right: Tensor
    """W_in and W_U side by side."""
    product: Tensor


def step(
    config: Config,
    pairs_product: Product,
    parameters: Mapping[str, Tensor],
    pairs: Pairs | Sequence[Pairs],
    gradient: Mapping[str, Tensor],
    loss: Loss,
) -> list[tuple[float, int]]:
    """Summed losses and right answers; the gradient of the mean losses is written into `gradient`."""
    d, width = config.d_model, config.width
    product = small_product(pairs_product, parameters["W_U"])
    seen, folded = _attended(config, product, parameters), _folded(product, parameters)
    inputs = _kernel_inputs(config, product, parameters, seen, folded)
    d_folded = torch.empty_strided(folded.product.shape, folded.product.stride())
    of = {
        **{name: torch.empty_like(inputs[name]) for name in ("scores", "values", "w_out")},
        "w_in": d_folded[..., :d, :width],
        "b_in": d_folded[..., d, :width],
        "w_direct": d_folded[..., :d, width:],
        "b_out": d_folded[..., d, width:],
    }
    scores = native.scores_and_gradients(pairs_product, config.activation, pairs, inputs, of, loss)
    d_folded[..., d + 1, :width].zero_()
    d_folded[..., d + 1, width:].copy_(d_folded[..., d, width:])
    d_equals = _back_through_folding(product, parameters, folded, d_folded, of["w_out"], gradient)
    _back_through_attention(config, product, parameters, seen, of["scores"], of["values"], d_equals, gradient)
    return scores


def kernel_inputs(config: Config, pairs_product: Product, parameters: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The kernels' inputs: see `lab.native`."""
    product = small_product(pairs_product, parameters["W_U"])
    return _kernel_inputs(
        config, product, parameters, _attended(config, product, parameters), _folded(product, parameters)
    )


def _kernel_inputs(
    config: Config, product: SmallProduct, parameters: Mapping[str, Tensor], seen: _Attended, folded: _Folded
) -> dict[str, Tensor]:
    d, width = config.d_model, config.width
    return {
        "scores": by_head(seen.query * seen.keys, config.heads).sum(-1),
        "values": seen.values,
        "w_in": folded.product[..., :d, :width],
        "b_in": folded.product[..., d, :width] + parameters["0.b_in"],
        "w_direct": folded.product[..., :d, width:],
        "w_out": product(parameters["0.W_out"], parameters["W_U"]),
        "b_out": folded.product[..., d, width:] + folded.product[..., d + 1, width:],
    }


def _folded(product: SmallProduct, parameters: Mapping[str, Tensor]) -> _Folded:
    equals = parameters["W_E"][..., -1:, :] + parameters["W_pos"][..., -1:, :]
    left = torch.cat((parameters["0.W_O"], equals, parameters["0.b_out"][..., None, :]), -2)
    right = torch.cat((parameters["0.W_in"], parameters["W_U"]), -1)
    return _Folded(left, right, product(left, right))


def _attended(config: Config, product: SmallProduct, parameters: Mapping[str, Tensor]) -> _Attended:
    residues, equals = parameters["W_E"].split_with_sizes([config.p, 1], -2)
    at_a, at_b, at_equals = parameters["W_pos"].split_with_sizes([1, 1, 1], -2)
    rows = torch.cat((residues + at_a, residues + at_b, equals + at_equals), -2)
    query = product(rows[..., -1:, :], parameters["0.W_Q"]) / math.sqrt(config.d_model // config.heads)
    return _Attended(rows, query, product(rows, parameters["0.W_K"]), product(rows, parameters["0.W_V"]))


def _back_through_folding(
    product: SmallProduct,
    parameters: Mapping[str, Tensor],
    folded: _Folded,
    d_folded: Tensor,
    d_w_out: Tensor,
    gradient: Mapping[str, Tensor],
) -> Tensor:
    """Write the gradients of the MLP, `W_O` and `W_U`; returns that by what "=" adds to every pair, [1, d_model]."""
    width = d_w_out.shape[-2]
    d_left, d_right = product(d_folded, folded.right.mT), product(folded.left.mT, d_folded)
    gradient["0.W_O"].copy_(d_left[..., :-2, :])
    gradient["0.b_out"].copy_(d_left[..., -1, :])
    gradient["0.W_in"].copy_(d_right[..., :width])
    gradient["0.b_in"].copy_(d_folded[..., -2, :width])
    product(d_w_out, parameters["W_U"].mT, out=gradient["0.W_out"])
    torch.add(d_right[..., width:], product(parameters["0.W_out"].mT, d_w_out), out=gradient["W_U"])
    return d_left[..., -2:-1, :]


def _back_through_attention(
    config: Config,
    product: SmallProduct,
    parameters: Mapping[str, Tensor],
    seen: _Attended,
    d_scores: Tensor,
    d_values: Tensor,
    d_equals: Tensor,
    gradient: Mapping[str, Tensor],
) -> None:
    """Write the gradients of embedding, positions, queries, keys and values."""
    p, size = config.p, config.d_model // config.heads
    of_features = d_scores.repeat_interleave(size, -1)
    d_keys = of_features * seen.query
    d_query = (of_features * seen.keys).sum(-2, keepdim=True) / math.sqrt(size)
    product(seen.rows[..., -1:, :].mT, d_query, out=gradient["0.W_Q"])
    product(seen.rows.mT, d_keys, out=gradient["0.W_K"])
    product(seen.rows.mT, d_values, out=gradient["0.W_V"])
    d_rows = product(d_keys, parameters["0.W_K"].mT).add_(product(d_values, parameters["0.W_V"].mT))
    d_rows[..., -1:, :] += product(d_query, parameters["0.W_Q"].mT).add_(d_equals)
    at_a, at_b, at_equals = d_rows.split_with_sizes([p, p, 1], -2)
    torch.add(at_a, at_b, out=gradient["W_E"][..., :p, :])
    gradient["W_E"][..., p:, :].copy_(at_equals)
    for position, rows in enumerate((at_a, at_b, at_equals)):
        torch.sum(rows, -2, out=gradient["W_pos"][..., position, :])
