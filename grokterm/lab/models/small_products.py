"""The products around the kernels, which have no pairs axis, of one replica or of all along a leading axis."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

from torch import Tensor

from grokterm.lab import native
from grokterm.lab.precision import Product

SmallProduct = Callable[..., Tensor]
"""A product that may fill `out`."""
ALIGNED: Final = 16
"""Numbers from one place in memory to the next at which a tensor of float32 may begin, in 64 bytes.

What a library multiplies may come out in other bits where it begins elsewhere.
"""


def small_product(product: Product, parameter: Tensor) -> SmallProduct:
    """The product for matrices that have no pairs axis, [k, m] or [replicas, k, m], like `parameter`.

    Replicas are multiplied one after another: the bits of each are those of the product alone, which a product of
    stacks does not promise.
    """
    of_one = native.product_with_out(product)
    return of_one if parameter.ndim == 2 else partial(_of_each, of_one)


def aligned(like: Tensor, count: int, size: int) -> Tensor:
    """Room for replicas, [count, size] not filled, each of which begins where a tensor of its own might."""
    return like.new_empty(count, -(-size // ALIGNED) * ALIGNED)[:, :size]


def _of_each(product: SmallProduct, x: Tensor, w: Tensor, out: Tensor | None = None) -> Tensor:
    if out is None:
        count, rows, columns = len(x), x.shape[1], w.shape[2]
        out = aligned(x, count, rows * columns).view(count, rows, columns)
    for one, other, into in zip(x.unbind(), w.unbind(), out.unbind(), strict=True):
        product(one, other, out=into)
    return out
