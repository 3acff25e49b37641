"""The kernels of `grokterm/kernels`, once they are loaded: loss and gradients in one pass over the pairs.

They accept two kinds of inputs, by name. The logits are f(h) @ w_out + b_out with h = of_a[a] + of_b[b]; or they are
f(x @ w_in + b_in) @ w_out + x @ w_direct + b_out, where x is what `pair_attention` gives for scores [2p + 1, heads] and
values [2p + 1, d_model]. f is relu, quadratic or gelu.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from ctypes import POINTER, c_double, c_int, c_int64, c_void_p
from pathlib import Path
from typing import Any, Final

import torch
from torch import Tensor

from grokterm.config.losses import Loss
from grokterm.config.model import Activation
from grokterm.kernels.digest import digest
from grokterm.lab.precision import Product, bfloat16_product
from grokterm.lab.tasks import Pairs

_SIZES: Final = ("n", "p", "width", "k", "heads", "stride", "threads", "activation", "loss_function")
_TENSORS: Final = (
    "a", "b", "labels", "of_a", "of_b", "scores", "values", "w_in", "b_in", "w_direct", "w_out", "b_out",
    "d_of_a", "d_of_b", "d_scores", "d_values", "d_w_in", "d_b_in", "d_w_direct", "d_w_out", "d_b_out",
    "logits",
)  # fmt: skip
_STRIDED: Final = ("w_in", "w_direct")
_TILE: Final = 32
"""Widths are multiples of this in the kernels, the features of a head of half of it."""
_ACTIVATIONS: Final = ("relu", "quadratic", "gelu")
"""As the kernels number them."""
LOSSES: Final[tuple[Loss, ...]] = ("cross-entropy", "mse")
"""Losses that the kernels know, as they number them."""
_HEADS: Final = 16
"""Heads at most."""
_MOST_TERMS: Final = 1 << 24
"""Floats of the terms of attention at most, as the kernels have it; beyond, what attention gives is made a pair."""

SMALL: Final = 1 << 17
"""Pairs times neurons of a replica up to which replicas are taken side by side, and not the pairs of each."""

_steps: dict[Product, Any] = {}
"""The kernel for a step by matrix product; products without a kernel on this machine are left out."""
_step_sets: dict[Product, Any] = {}
"""The kernel for the steps of several replicas, by matrix product."""
_take_product: Any = None
_digest = ""
_threads: int | None = None
"""Threads of the kernels while torch is set to one."""


class _Step(ctypes.Structure):
    """`step` of step.h."""

    _fields_ = (
        *((name, c_int64) for name in _SIZES),
        ("share", c_double),
        *((name, c_void_p) for name in _TENSORS),
        ("loss", c_double),
        ("right", c_int64),
    )


class _ProductArguments(ctypes.Structure):
    """`factors` of product.c."""

    _fields_ = (
        *((name, c_int64) for name in ("m", "k", "n", "x_stride", "x_transposed", "w_stride", "w_transposed")),
        *((name, c_void_p) for name in ("x", "w", "out")),
    )


def load(path: Path | None) -> bool:
    """Load the kernels compiled at `path`, or unload them for None; returns whether any are loaded."""
    global _take_product, _digest
    _steps.clear()
    _step_sets.clear()
    _take_product, _digest = None, ""
    if path is not None:
        try:
            _digest = digest(path)
            library = ctypes.CDLL(str(path))
        except OSError:  # of another machine, or cut off: torch does without
            return False
        _steps[torch.matmul], _step_sets[torch.matmul] = library.take_step_in_float32, library.take_steps_in_float32
        if hasattr(library, "take_step") and library.may_use_tiles():
            _steps[bfloat16_product], _step_sets[bfloat16_product] = library.take_step, library.take_steps
            _take_product = library.take_product
            _take_product.argtypes = (POINTER(_ProductArguments),)
        for step, steps in zip(_steps.values(), _step_sets.values(), strict=True):
            step.argtypes, steps.argtypes = (POINTER(_Step),), (POINTER(_Step), c_int, c_int)
    return loaded()


def loaded() -> bool:
    """Whether kernels are loaded."""
    return bool(_steps)


def loaded_digest() -> str:
    """The digest of the loaded library; empty where none is."""
    return _digest if loaded() else ""


def has_product(product: Product) -> bool:
    """Whether a loaded kernel uses this matrix product."""
    return product in _steps


def supports(product: Product, activation: str, rows: Tensor, *sizes: int) -> bool:
    """Whether the kernels support this matrix product, activation, parameters and widths."""
    return (
        product in _steps
        and activation in _ACTIVATIONS
        and rows.ndim == 2
        and rows.dtype == torch.float32
        and rows.device.type == "cpu"
        and all(size % _TILE == 0 for size in sizes)
    )


def supports_heads(d_model: int, heads: int) -> bool:
    """Whether the kernels support this number of heads and features."""
    return heads <= _HEADS and d_model // heads % (_TILE // 2) == 0


def takes_terms(product: Product, p: int, width: int, heads: int) -> bool:
    """Whether the kernels add what each head of a token gives (terms.h), in place of making what attention gives."""
    columns = width + -(-p // _TILE) * _TILE
    return product is torch.matmul and product in _steps and columns * (2 * p + 1) * heads <= _MOST_TERMS


def product(x: Tensor, w: Tensor, out: Tensor | None = None) -> Tensor:
    """x @ w of two matrices, or transposes, of float32, both rounded to bfloat16, without autograd; may fill `out`.

    Raises MemoryError.
    """
    (m, k), n = x.shape, w.shape[1]
    out = x.new_empty(m, n) if out is None else out
    assert out.shape == (m, n)
    assert out.is_contiguous()
    given = _ProductArguments(m=m, k=k, n=n, x=x.data_ptr(), w=w.data_ptr(), out=out.data_ptr())
    given.x_transposed, given.x_stride = _memory_layout(x)
    given.w_transposed, given.w_stride = _memory_layout(w)
    if _take_product(ctypes.byref(given)):
        raise MemoryError("no memory for a product")
    return out


def product_with_out(product_of_model: Product) -> Callable[..., Tensor]:
    """The product for small matrices in a kernel step: `product` or torch.matmul, both of which accept `out`."""
    return product if product_of_model is bfloat16_product else torch.matmul


@contextmanager
def torch_on_one_thread() -> Iterator[None]:
    """A context in which only the kernels over pairs use threads.

    Torch's share of a kernel step is a few rows: waking a sleeping thread takes longer than computing a row.
    """
    global _threads
    before, outer = torch.get_num_threads(), _threads
    _threads = outer or before
    torch.set_num_threads(1)
    try:
        yield
    finally:
        _threads = outer
        torch.set_num_threads(before)


def logits(product: Product, activation: Activation, a: Tensor, b: Tensor, inputs: Mapping[str, Tensor]) -> Tensor:
    """Logits, float32 [n, p], of the pairs a, b (int64 [n] each) in any order; raises MemoryError."""
    found = inputs["w_out"].new_empty(len(a), inputs["w_out"].shape[1])
    _run_kernel(product, activation, torch.stack((a, b)).int(), inputs, {"logits": found})
    return found


def score(
    product: Product, activation: Activation, pairs: Pairs, inputs: Mapping[str, Tensor], loss: Loss = "cross-entropy"
) -> tuple[float, int]:
    """The loss, one of `LOSSES`, summed over the pairs, and how many get their label; raises MemoryError."""
    return _run_kernel(product, activation, _numbers(product, pairs, inputs), inputs, {}, loss)


def score_and_gradients(
    product: Product,
    activation: Activation,
    pairs: Pairs,
    inputs: Mapping[str, Tensor],
    gradients: Mapping[str, Tensor],
    loss: Loss = "cross-entropy",
) -> tuple[float, int]:
    """The same, and the gradients of the mean loss by the inputs, written into `gradients`.

    Every tensor has its rows in one piece; those of w_in, w_direct and their gradients may be rows of wider ones of
    the same width.
    """
    return _run_kernel(product, activation, _numbers(product, pairs, inputs), inputs, _d(gradients), loss)


def scores_and_gradients(
    product: Product,
    activation: Activation,
    pairs: Pairs | Sequence[Pairs],
    inputs: Mapping[str, Tensor],
    gradients: Mapping[str, Tensor],
    loss: Loss = "cross-entropy",
) -> list[tuple[float, int]]:
    """The same of one replica, or of each along a leading axis; raises MemoryError.

    Replicas have the same pairs or, in a sequence, pairs of their own. The bits are those of each alone.
    """
    if isinstance(pairs, Pairs) and inputs["w_out"].ndim == 2:
        return [score_and_gradients(product, activation, pairs, inputs, gradients, loss)]
    count, width, _ = inputs["w_out"].shape
    of_each = [pairs] * count if isinstance(pairs, Pairs) else pairs
    replicas = ([{name: x[i] for name, x in each.items()} for each in (inputs, gradients)] for i in range(count))
    if max(map(len, of_each)) * width > SMALL:
        each = zip(of_each, replicas, strict=True)
        return [score_and_gradients(product, activation, own, one, of, loss) for own, (one, of) in each]
    one, of_one = next(replicas)
    packed = [_numbers(product, own, one) for own in of_each]
    first = _step(activation, packed[0], one, _d(of_one), _thread_count(), loss)
    steps = (_Step * count)(*([first] * count))
    # What differs from one replica to the next is where its tensors begin, and its pairs.
    bytes_apart = {name: 4 * tensor.stride(0) for name, tensor in {**inputs, **_d(gradients)}.items()}
    begins = [(name, getattr(first, name), apart) for name, apart in bytes_apart.items()]
    for i, (step, own) in enumerate(zip(steps, packed, strict=True)):
        for name, begin, apart in begins:
            setattr(step, name, begin + i * apart)
        n, at = own.shape[1], own.data_ptr()
        step.n, step.share = n, 1 / max(n, 1)
        step.a, step.b, step.labels = at, at + 4 * n, at + 8 * n
    if _step_sets[product](steps, count, _thread_count()):
        raise MemoryError("no memory for the steps of replicas")
    return [(step.loss, step.right) for step in steps]


def _numbers(product: Product, pairs: Pairs, inputs: Mapping[str, Tensor]) -> Tensor:
    """a, b and labels, int32 [3, n]: tile by tile where a pair adds terms, of which fewer are needed at a time so."""
    if "values" not in inputs:
        return pairs.packed
    (width, p), heads = inputs["w_out"].shape[-2:], inputs["scores"].shape[-1]
    return pairs.packed_in_tiles if takes_terms(product, p, width, heads) else pairs.packed


def _d(gradients: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Gradients by the kernels' names for them."""
    return {f"d_{name}": tensor for name, tensor in gradients.items()}


def _run_kernel(
    product: Product,
    activation: Activation,
    numbers: Tensor,
    inputs: Mapping[str, Tensor],
    into: Mapping[str, Tensor],
    loss: Loss = "cross-entropy",
) -> tuple[float, int]:
    """Run the kernel for this matrix product on a, b and labels, int32 [3, n] or [2, n]; raises MemoryError."""
    step = _step(activation, numbers, inputs, into, _thread_count(), loss)
    if _steps[product](ctypes.byref(step)):
        raise MemoryError("no memory for a step")
    return step.loss, step.right


def _step(
    activation: Activation,
    numbers: Tensor,
    inputs: Mapping[str, Tensor],
    into: Mapping[str, Tensor],
    members: int,
    loss: Loss,
) -> _Step:
    """The kernel's arguments for a step; the tensors must outlive it."""
    (width, p), n = inputs["w_out"].shape, numbers.shape[1]
    step = _Step(n=n, p=p, width=width, share=1 / max(n, 1), threads=members)
    step.activation, step.loss_function = _ACTIVATIONS.index(activation), LOSSES.index(loss)
    if "values" in inputs:
        step.k, step.heads = inputs["values"].shape[1], inputs["scores"].shape[1]
        step.stride = inputs["w_in"].stride(0)
    of_pairs = dict(zip(("a", "b", "labels"), numbers, strict=False))
    for name, tensor in {**of_pairs, **inputs, **into}.items():
        strided = name.removeprefix("d_") in _STRIDED
        assert tensor.stride() == (step.stride, 1) if strided else tensor.is_contiguous(), name
        setattr(step, name, tensor.data_ptr())
    return step


def _thread_count() -> int:
    """Parts that the work is split into, each with sums of its own: the threads that torch has, or had."""
    return _threads or torch.get_num_threads()


def _memory_layout(x: Tensor) -> tuple[bool, int]:
    """Whether a matrix is transposed (its columns are contiguous, not its rows), and its stride in floats."""
    down, right = x.stride()
    transposed = right != 1 and x.shape[1] > 1
    assert not transposed or down == 1 or x.shape[0] == 1
    return transposed, right if transposed else down
