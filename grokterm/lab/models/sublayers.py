"""Pieces that the models share: rows of pairs, activations, LayerNorm and initial weights."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Final

import torch
from torch import Tensor
from torch.nn import functional

from grokterm.config.model import Activation
from grokterm.lab.models.model import Shapes
from grokterm.lab.row_sums import RowSums

ACTIVATIONS: Final[dict[Activation, Callable[[Tensor], Tensor]]] = {
    "relu": functional.relu,
    "gelu": functional.gelu,
    "quadratic": torch.square,
}


def gather_rows(rows: Tensor, chosen: Tensor) -> Tensor:
    """The chosen rows: [..., m, d] and int64 [n] give [..., n, d]; gradients are the same bits every time.

    Replicas may choose for themselves, by int64 [..., n].
    """
    if rows.device.type == "cpu" and chosen.ndim == 1:
        return rows.index_select(-2, chosen)
    return _GatherRows.apply(rows, chosen)  # type: ignore[no-any-return,no-untyped-call]


class _GatherRows(torch.autograd.Function):
    """index_select whose backward is a one-hot product, since CUDA scatter-adds sum in any order."""

    @staticmethod
    def forward(ctx: Any, rows: Tensor, chosen: Tensor) -> Tensor:
        ctx.save_for_backward(chosen)
        ctx.count = rows.shape[-2]
        if chosen.ndim == 1:
            return rows.index_select(-2, chosen)
        return rows.gather(-2, chosen[..., None].expand(*chosen.shape, rows.shape[-1]))

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        (gradient,), (chosen,) = gradients, ctx.saved_tensors
        one_hot = torch.arange(ctx.count, device=chosen.device)[:, None] == chosen[..., None, :]
        return one_hot.to(gradient.dtype) @ gradient, None


def sum_rows(rows: Tensor, sums: RowSums) -> Tensor:
    """The sum of a few rows for each example, without a tensor of all of them: [m, d] give [n, d], on a CPU."""
    return _SumRows.apply(rows, sums)  # type: ignore[no-any-return,no-untyped-call]


class _SumRows(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, rows: Tensor, sums: RowSums) -> Tensor:
        ctx.sums = sums
        return sums.gather_sum(rows)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, None]:
        return ctx.sums.scatter_sum(gradients[0]), None


def affine(product: Callable[[Tensor, Tensor], Tensor], x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x @ weight + bias with replica axes: [..., n, k], [..., k, m] and [..., m] give [..., n, m]."""
    return product(x, weight) + bias[..., None, :]


def read_out(product: Callable[[Tensor, Tensor], Tensor], parameters: Mapping[str, Tensor], rows: Tensor) -> Tensor:
    """Rows times W_U, with a bias where the parameters have one."""
    found, bias = product(rows, parameters["W_U"]), parameters.get("b_U")
    return found if bias is None else found + bias[..., None, :]


def with_one(x: Tensor) -> Tensor:
    """x [..., d] with a last feature of 1."""
    return functional.pad(x, (0, 1), value=1)


def layer_norm(parameters: Mapping[str, Tensor], name: str, x: Tensor) -> Tensor:
    """LayerNorm of the last axis (Ba et al. 2016) with the gain and shift kept under `name`."""
    normal = functional.layer_norm(x, x.shape[-1:])
    return normal * parameters[f"{name}.gain"][..., None, :] + parameters[f"{name}.shift"][..., None, :]


def layer_norm_shapes(name: str, size: int) -> Shapes:
    """The parameters of one LayerNorm over `size` features."""
    return {f"{name}.gain": (size,), f"{name}.shift": (size,)}


def layer_norm_init(name: str, size: int) -> dict[str, Tensor]:
    """A LayerNorm that starts with gain 1 and shift 0."""
    return {f"{name}.gain": torch.ones(size), f"{name}.shift": torch.zeros(size)}


def linear_init(shape: tuple[int, ...], fan_in: int, generator: torch.Generator) -> Tensor:
    """Weights or biases uniform within ±1/√fan_in, as torch.nn.Linear draws them."""
    bound = 1 / math.sqrt(fan_in)
    return torch.empty(shape).uniform_(-bound, bound, generator=generator)


def normal_init(shape: tuple[int, ...], deviation: float, generator: torch.Generator) -> Tensor:
    """Weights of mean 0 and the given standard deviation."""
    return torch.empty(shape).normal_(0, deviation, generator=generator)


def sinusoids(positions: int, like: Tensor) -> Tensor:
    """Sinusoidal positions (Vaswani et al. 2017) over √d, [..., positions, d].

    So they stand to the embedding as there, where it is multiplied by √d. Replica axes, dtype and device are those of
    `like` [..., m, d].
    """
    *replicas, _, d = like.shape
    feature, position = (torch.arange(n, dtype=like.dtype, device=like.device) for n in (d, positions))
    angle = position[:, None] / 10000 ** ((feature - feature % 2) / d)
    waves = torch.where(feature % 2 == 0, angle.sin(), angle.cos()) / math.sqrt(d)
    return waves.expand(*replicas, positions, d)
