"""The products around the kernels, which have no pairs axis, of one replica or of all along a leading axis."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from grokterm.lab import native
from grokterm.lab.precision import Product, bfloat16_product

SmallProduct = Callable[..., Tensor]
"""A product that may fill `out`."""


def small_product(product: Product, parameter: Tensor) -> SmallProduct:
    """The product for matrices that have no pairs axis, [k, m] or [replicas, k, m], like `parameter`."""
    return _rounded if parameter.ndim == 3 and product is bfloat16_product else native.product_with_out(product)


def _rounded(x: Tensor, w: Tensor, out: Tensor | None = None) -> Tensor:
    found = bfloat16_product(x, w)
    return found if out is None else out.copy_(found)
