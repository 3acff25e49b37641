"""The kernels of `grokterm/kernels/pairs.c`, once they are loaded: loss and gradients in one pass over the pairs."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_double, c_int64, c_void_p
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from grokterm.lab.precision import Product, bfloat16_product
from grokterm.lab.tasks import Pairs

_SIZES: Final = ("n", "p", "width", "k", "heads")
_TENSORS: Final = (
    "a", "b", "labels", "of_a", "of_b", "scores", "values", "w_in", "b_in", "w_direct", "w_out", "b_out",
    "d_of_a", "d_of_b", "d_scores", "d_values", "d_w_in", "d_b_in", "d_w_direct", "d_w_out", "d_b_out",
)  # fmt: skip
_TILE: Final = 32
"""Widths are multiples of this in the kernels, the features of a head of half of it."""
_HEADS: Final = 16
"""Heads at most."""

_library: ctypes.CDLL | None = None


class _Step(ctypes.Structure):
    """`step` of step.h."""

    _fields_ = (
        *((name, c_int64) for name in _SIZES),
        *((name, c_void_p) for name in _TENSORS),
        ("loss", c_double),
        ("right", c_int64),
    )


def load(path: Path | None) -> bool:
    """Use the kernels compiled at `path` in this process from now on, or none; says whether they are in use."""
    global _library
    _library = None
    if path is not None:
        try:
            library = ctypes.CDLL(str(path))
        except OSError:  # of another machine, or cut off: torch does without
            return False
        library.take_step.argtypes = (POINTER(_Step),)
        _library = library if library.may_use_tiles() else None
    return loaded()


def loaded() -> bool:
    """Whether the kernels are in use."""
    return _library is not None


def suits(product: Product, activation: str, rows: Tensor, *sizes: int) -> bool:
    """Whether the kernels do a step with these products, activation, parameters and widths."""
    return (
        _library is not None
        and product is bfloat16_product
        and activation == "relu"
        and rows.ndim == 2
        and rows.dtype == torch.float32
        and rows.device.type == "cpu"
        and all(size % _TILE == 0 for size in sizes)
    )


def suits_heads(d_model: int, heads: int) -> bool:
    """Whether the kernels know attention with so many heads on so many features."""
    return heads <= _HEADS and d_model // heads % (_TILE // 2) == 0


def loss_of_sums(of_a: Tensor, of_b: Tensor, w_out: Tensor, b_out: Tensor, pairs: Pairs) -> Tensor:
    """Cross-entropy in nats summed over the pairs, of logits relu(of_a[a] + of_b[b]) @ w_out + b_out."""
    names = ("of_a", "of_b", "w_out", "b_out")
    return _Loss.apply(pairs, names, of_a, of_b, w_out, b_out)  # type: ignore[no-any-return,no-untyped-call]


def loss_of_attention(
    scores: Tensor,
    values: Tensor,
    w_in: Tensor,
    b_in: Tensor,
    w_direct: Tensor,
    w_out: Tensor,
    b_out: Tensor,
    pairs: Pairs,
) -> Tensor:
    """Cross-entropy in nats summed over the pairs, of logits relu(x @ w_in + b_in) @ w_out + x @ w_direct + b_out.

    x is what `pair_attention` gives for `scores` [2p + 1, heads] and `values` [2p + 1, d_model].
    """
    names = ("scores", "values", "w_in", "b_in", "w_direct", "w_out", "b_out")
    factors = (scores, values, w_in, b_in, w_direct, w_out, b_out)
    return _Loss.apply(pairs, names, *factors)  # type: ignore[no-any-return,no-untyped-call]


def score(pairs: Pairs, **factors: Tensor) -> tuple[float, int]:
    """Summed cross-entropy in nats of what either loss takes, and how many pairs get their label."""
    step = _take(pairs, {name: tensor.contiguous() for name, tensor in factors.items()}, {})
    return step.loss, step.right


class _Loss(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, pairs: Pairs, names: tuple[str, ...], *factors: Tensor) -> Tensor:
        given = {name: tensor.contiguous() for name, tensor in zip(names, factors, strict=True)}
        ctx.gradients = {f"d_{name}": torch.empty_like(tensor) for name, tensor in given.items()}
        return torch.tensor(_take(pairs, given, ctx.gradients).loss, dtype=torch.float32)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        # Made in the forward pass for a loss that counts once; a mean over pairs makes it count 1/n.
        return (None, None, *(gradient * gradients[0] for gradient in ctx.gradients.values()))


def _take(pairs: Pairs, factors: dict[str, Tensor], gradients: dict[str, Tensor]) -> Any:
    """Run the kernel; raises MemoryError."""
    assert _library is not None
    w_out = factors["w_out"]
    features = factors["values"].shape[1] if "values" in factors else 0
    heads = factors["scores"].shape[1] if "scores" in factors else 0
    step = _Step(n=len(pairs), p=w_out.shape[1], width=w_out.shape[0], k=features, heads=heads)
    numbers = pairs.numbers
    for name, tensor in {"a": numbers[0], "b": numbers[1], "labels": numbers[2], **factors, **gradients}.items():
        setattr(step, name, tensor.data_ptr())
    if _library.take_step(ctypes.byref(step)):
        raise MemoryError("no memory for a step")
    return step
