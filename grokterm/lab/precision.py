"""Matrix products in bfloat16, with float32 going in and coming out."""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import cache
from typing import Any, Final

import torch
from torch import Tensor

Product = Callable[[Tensor, Tensor], Tensor]
"""A matrix product: [..., n, k] times [..., k, m] gives [..., n, m], as torch.matmul."""

DTYPES: Final = {"float32": torch.float32, "bfloat16": torch.float32, "float64": torch.float64}
"""What weights, moments, logits and loss are kept in, by the precision in use."""


def product_for(precision: str) -> Product:
    """The matrix product of a precision in use: float32, bfloat16 or float64."""
    return bfloat16_product if precision == "bfloat16" else torch.matmul


def bfloat16_product(x: Tensor, w: Tensor) -> Tensor:
    """x @ w with both rounded to bfloat16 and sums and result in float32, forward and backward."""
    return _Bfloat16Product.apply(x, w)  # type: ignore[no-any-return,no-untyped-call]


def cast_input(product: Product, x: Tensor) -> Tensor:
    """x as `product` reads it, where a tensor of half the size is also faster: in bfloat16 on a CPU made for it."""
    return x.bfloat16() if product is bfloat16_product and x.device.type == "cpu" and cpu_has_fast_bfloat16() else x


@cache
def cpu_has_fast_bfloat16() -> bool:
    """Whether this processor multiplies bfloat16 matrices in tiles: AMX-BF16.

    With AVX512-BF16 alone, oneDNN multiplies matrices of float32 in float32, however low a precision is allowed.
    """
    has_mkldnn: bool = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return has_mkldnn and has_amx() and _onednn_may_use_amx()


def _onednn_may_use_amx() -> bool:
    """Whether the environment leaves AMX to oneDNN, which it can keep to a narrower instruction set."""
    limit = os.environ.get("ONEDNN_MAX_CPU_ISA", "").upper()
    return limit in ("", "ALL", "DEFAULT") or "AMX" in limit


def has_amx() -> bool:
    """Whether torch says that this processor has tiles, by a private name that it may lack."""
    ask = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return ask is not None and ask()


class _Bfloat16Product(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor) -> Tensor:
        ctx.save_for_backward(x, w)
        return _multiply(x, w)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x, w = ctx.saved_tensors
        (gradient,) = gradients
        of_x = _multiply(gradient, w.mT).sum_to_size(x.shape) if ctx.needs_input_grad[0] else None
        of_w = _multiply(x.mT, gradient).sum_to_size(w.shape) if ctx.needs_input_grad[1] else None
        return of_x, of_w


def _multiply(x: Tensor, w: Tensor) -> Tensor:
    # A matmul of bfloat16 tensors would round its result too. On the CPU, oneDNN rounds the inputs and keeps
    # float32 sums; elsewhere TF32, which is fast and holds every bfloat16 exactly, does the same to rounded inputs.
    on_cpu = x.device.type == "cpu" and cpu_has_fast_bfloat16()
    if not on_cpu:
        x, w = x.bfloat16().float(), w.bfloat16().float()
    before = torch.get_float32_matmul_precision()
    torch.set_float32_matmul_precision("medium" if on_cpu else "high")
    try:
        return x @ w
    finally:
        torch.set_float32_matmul_precision(before)
