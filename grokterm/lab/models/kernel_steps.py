"""Calls of the kernels for one replica, or for all along a leading axis."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from torch import Tensor

from grokterm.config import Activation
from grokterm.lab import native
from grokterm.lab.precision import Product, bfloat16_product
from grokterm.lab.tasks import Pairs

SMALL: Final = 1 << 17
"""Pairs times neurons of a replica up to which replicas are taken side by side, and not the pairs of each."""
SmallProduct = Callable[..., Tensor]
"""A product that may fill `out`."""


def small_product(product: Product, parameter: Tensor) -> SmallProduct:
    """The product for matrices that have no pairs axis, [k, m] or [replicas, k, m], like `parameter`."""
    return _rounded if parameter.ndim == 3 and product is bfloat16_product else native.product_with_out(product)


def losses_and_gradients(
    product: Product,
    activation: Activation,
    pairs: Pairs,
    inputs: Mapping[str, Tensor],
    gradients: Mapping[str, Tensor],
) -> list[float]:
    """`native.score_and_gradients` of the only replica, or of all: their cross-entropies."""
    if inputs["w_out"].ndim == 2:
        return [native.score_and_gradients(product, activation, pairs, inputs, gradients)[0]]
    count, width, _ = inputs["w_out"].shape
    if len(pairs) * width <= SMALL:
        return native.losses_and_gradients_of_replicas(product, activation, pairs, inputs, gradients)
    losses = []
    for i in range(count):
        one, into = ({name: tensor[i] for name, tensor in each.items()} for each in (inputs, gradients))
        losses.append(native.score_and_gradients(product, activation, pairs, one, into)[0])
    return losses


def _rounded(x: Tensor, w: Tensor, out: Tensor | None = None) -> Tensor:
    found = bfloat16_product(x, w)
    return found if out is None else out.copy_(found)
