"""bfloat16 products: rounded inputs, float32 sums and results, forward and backward."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from grokterm.lab.precision import bfloat16_product, product_for

SHAPES = [((300, 128), (128, 97)), ((4, 300, 64), (4, 64, 33)), ((300, 64), (4, 64, 33)), ((4, 300, 64), (64, 33))]


def rounded(x: Tensor) -> Tensor:
    """x as bfloat16 holds it, in float64 so that sums are exact enough to compare with."""
    return x.bfloat16().double()


@pytest.mark.parametrize(("left", "right"), SHAPES)
def test_products_are_those_of_rounded_inputs_summed_in_float32(left: tuple[int, ...], right: tuple[int, ...]) -> None:
    draw = torch.Generator().manual_seed(0)
    x = torch.randn(left, generator=draw).requires_grad_()
    w = torch.randn(right, generator=draw).requires_grad_()
    result = bfloat16_product(x, w)
    gradient = torch.randn(result.shape, generator=draw)
    of_x, of_w = torch.autograd.grad(result, (x, w), gradient)
    assert result.dtype == of_x.dtype == of_w.dtype == torch.float32
    for given, expected in (
        (result, rounded(x) @ rounded(w)),
        (of_x, (rounded(gradient) @ rounded(w).mT).sum_to_size(x.shape)),
        (of_w, (rounded(x).mT @ rounded(gradient)).sum_to_size(w.shape)),
    ):
        assert_close(given.double(), expected, rtol=1e-4, atol=1e-3)
    assert (result - x @ w).abs().max() > 1e-3, "inputs were not rounded at all"


def test_results_are_not_rounded_to_bfloat16() -> None:
    result = bfloat16_product(torch.full((64, 64), 1.0), torch.full((64, 64), 1.0 + 2**-7))
    assert_close(result, torch.full((64, 64), 64.5), rtol=0, atol=0)


def test_other_products_keep_their_precision() -> None:
    before = torch.get_float32_matmul_precision()
    x = torch.randn(64, 64)
    bfloat16_product(x, x)
    assert torch.get_float32_matmul_precision() == before
    assert product_for("float32") is product_for("float64") is torch.matmul
