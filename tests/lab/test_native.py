"""The kernels in C, against the same arithmetic in torch; skipped where there is no compiler."""

from __future__ import annotations

import hashlib
import math
import os
import select
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import torch
from torch import Tensor

from grokterm.config.model import Activation
from grokterm.kernels.build import build
from grokterm.lab import native
from grokterm.lab.losses import cross_entropy_sum
from grokterm.lab.models.fused_pairs import pair_attention
from grokterm.lab.models.sublayers import ACTIVATIONS
from grokterm.lab.precision import Product, bfloat16_product, product_for
from grokterm.lab.tasks import Pairs
from tests.lab.examples import drawn_pairs
from tests.needs import AMX, need
from tests.patience import PATIENCE

pytestmark = pytest.mark.usefixtures("kernels")


def rounded(x: Tensor) -> Tensor:
    return x.bfloat16().float()


def leaves(*shapes: tuple[int, ...]) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(shape, generator=generator).mul(0.5).requires_grad_() for shape in shapes]


class Rounded(torch.autograd.Function):
    """x @ w with its operands rounded to bfloat16, forward and back."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: Tensor, w: Tensor) -> Tensor:
        ctx.save_for_backward(x, w)
        return rounded(x) @ rounded(w)

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, *gradients: Tensor) -> tuple[Tensor, Tensor]:
        x, w = ctx.saved_tensors  # type: ignore[attr-defined]
        return rounded(gradients[0]) @ rounded(w).T, rounded(x).T @ rounded(gradients[0])


def times(x: Tensor, w: Tensor) -> Tensor:
    product: Tensor = Rounded.apply(x, w)  # type: ignore[no-untyped-call]
    return product


PRODUCTS = [bfloat16_product, torch.matmul]
TIMES: dict[Product, Product] = {bfloat16_product: times, torch.matmul: torch.matmul}
Tensors = dict[str, Tensor]


def compare(
    product: Product,
    pairs: Pairs,
    logits: Tensor,
    inputs: Tensors,
    given: Tensors,
    gradients: Tensors,
    activation: Activation = "relu",
) -> None:
    """`logits` were made from `inputs`, whose values are in `given`; `gradients` are to be overwritten.

    By what the order of sums moves a logit it moves the share of a loss or gradient, whose logarithm it is; an entry of
    a gradient that is the difference of large ones is moved by their rounding.
    """
    need(native.has_product(product), AMX)
    expected = cross_entropy_sum(logits, pairs.labels)
    moved = 1e-6 * float(logits.detach().abs().max())
    loss, _ = native.score_and_gradients(product, activation, pairs, given, gradients)
    assert loss == pytest.approx(expected.item(), rel=max(1e-5, 2 * moved))
    assert native.score(product, activation, pairs, given)[0] == loss
    # Divided afterwards, as the kernels do: what is rounded are the gradients of the sum.
    by_autograd = [of_sum / len(pairs) for of_sum in torch.autograd.grad(expected, list(inputs.values()))]
    rounding = 1e-7 * max(float(other.norm()) for other in by_autograd)
    for name, other in zip(inputs, by_autograd, strict=True):
        # A number that lies between two of bfloat16 may be rounded to either.
        error = 2e-3 if product is bfloat16_product else 1e-5
        assert (gradients[name] - other).norm() <= max(error, moved) * other.norm() + rounding, name


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("p", [3, 16, 31, 97])
@pytest.mark.parametrize("n", [1, 127, 300])
@pytest.mark.parametrize("activation", ["relu", "quadratic", "gelu"])
def test_two_rows_a_pair_and_their_gradients(activation: Activation, n: int, p: int, product: Product) -> None:
    pairs = drawn_pairs(n, p)
    of_a, of_b, w_out, b_out = leaves((p, 64), (p, 64), (64, p), (p,))
    hidden = ACTIVATIONS[activation](of_a[pairs.a] + of_b[pairs.b])
    logits = TIMES[product](hidden, w_out) + b_out
    inputs = {"of_a": of_a, "of_b": of_b, "w_out": w_out, "b_out": b_out}
    given = {name: tensor.detach() for name, tensor in inputs.items()}
    gradients = {name: torch.full_like(tensor, torch.nan) for name, tensor in given.items()}
    compare(product, pairs, logits, inputs, given, gradients, activation)


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("heads", [1, 4])
@pytest.mark.parametrize("p", [3, 31, 97])
@pytest.mark.parametrize("n", [1, 300])
@pytest.mark.parametrize("activation", ["relu", "quadratic", "gelu"])
def test_attention_of_pairs_and_its_gradients(
    activation: Activation, n: int, p: int, heads: int, product: Product
) -> None:
    times = TIMES[product]
    pairs, tokens = drawn_pairs(n, p), 2 * p + 1
    shapes = {"scores": (tokens, heads), "values": (tokens, 64), "w_out": (96, p), "b_out": (p,)}
    wide = {"w_in": (64, 96), "b_in": (96,), "w_direct": (64, p)}
    inputs = dict(zip(shapes | wide, leaves(*(shapes | wide).values()), strict=True))
    scores, values, w_out, b_out, w_in, b_in, w_direct = inputs.values()
    x = pair_attention(scores, values, pairs.head_row_sums(heads))
    logits = times(ACTIVATIONS[activation](times(x, w_in) + b_in), w_out) + times(x, w_direct) + b_out
    rows = torch.cat((w_in, w_direct), 1).detach()
    given = {name: tensor.detach() for name, tensor in inputs.items()}
    given |= {"w_in": rows[:, :96], "w_direct": rows[:, 96:]}
    d_rows = torch.full_like(rows, torch.nan)
    gradients = {name: torch.full_like(tensor, torch.nan) for name, tensor in given.items()}
    gradients |= {"w_in": d_rows[:, :96], "w_direct": d_rows[:, 96:]}
    compare(product, pairs, logits, inputs, given, gradients, activation)


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("label", [0, 15, 16, 96])
@pytest.mark.parametrize("gap", [0.0, 5.0, 20.0, 40.0])
def test_sure_answers_keep_their_gradient(gap: float, label: int, product: Product) -> None:
    need(native.has_product(product), AMX)
    pairs = Pairs(
        torch.zeros(130, dtype=torch.int64), torch.zeros(130, dtype=torch.int64), torch.full((130,), label), 97
    )
    given = {"of_a": torch.zeros(97, 64), "of_b": torch.zeros(97, 64), "w_out": torch.zeros(64, 97)}
    given["b_out"] = torch.zeros(97).index_fill_(0, torch.tensor([label]), gap)
    gradients = {name: torch.full_like(tensor, torch.nan) for name, tensor in given.items()}
    loss, right = native.score_and_gradients(product, "relu", pairs, given, gradients)
    others = 96 * math.exp(-gap)
    assert loss == pytest.approx(130 * math.log1p(others), rel=1e-5)
    assert right == (130 if gap or label == 0 else 0)
    share = others / (1 + others)
    expected = torch.full((97,), share / 96).index_fill_(0, torch.tensor([label]), -share)
    torch.testing.assert_close(gradients["b_out"], expected, rtol=1e-5, atol=0)


@pytest.mark.usefixtures("tiles")
@pytest.mark.parametrize(("m", "k", "n"), [(1, 1, 1), (1, 128, 97), (33, 5, 70), (64, 96, 32), (195, 130, 17)])
@pytest.mark.parametrize("x_turned", [False, True])
@pytest.mark.parametrize("w_turned", [False, True])
def test_products_are_those_of_rounded_factors(m: int, k: int, n: int, x_turned: bool, w_turned: bool) -> None:
    # Columns of wider matrices, so that rows do not follow one another in one piece.
    x, w = (torch.randn(rows, columns + 3)[:, :-3] for rows, columns in ((m, k), (k, n)))
    expected = rounded(x) @ rounded(w)
    x, w = (given.T.contiguous().T if turned else given for given, turned in ((x, x_turned), (w, w_turned)))
    torch.testing.assert_close(native.product(x, w), expected, rtol=1e-4, atol=1e-4)
    out = torch.full((m, n), torch.nan)
    assert native.product(x, w, out=out) is out
    assert torch.equal(out, native.product(x, w))


@pytest.mark.parametrize("product", PRODUCTS)
def test_of_equal_logits_the_first_counts(product: Product) -> None:
    need(native.has_product(product), AMX)
    pairs, nothing = drawn_pairs(500, 7), torch.zeros(7, 32)
    inputs = {"of_a": nothing, "of_b": nothing, "w_out": torch.zeros(32, 7), "b_out": torch.zeros(7)}
    loss, right = native.score(product, "relu", pairs, inputs)
    assert right == int((pairs.labels == 0).sum())
    assert loss == pytest.approx(500 * torch.log(torch.tensor(7.0)).item(), rel=1e-6)


@pytest.mark.parametrize("product", PRODUCTS)
def test_a_weight_that_is_not_finite_shows_in_the_loss(product: Product) -> None:
    need(native.has_product(product), AMX)
    of_a, of_b, w_out, b_out = (leaf.detach() for leaf in leaves((7, 32), (7, 32), (32, 7), (7,)))
    w_out[3, 2] = torch.inf
    inputs = {"of_a": of_a, "of_b": of_b, "w_out": w_out, "b_out": b_out}
    loss, _ = native.score(product, "relu", drawn_pairs(200, 7), inputs)
    assert not math.isfinite(loss)


def test_other_widths_activations_and_precisions_are_left_to_torch() -> None:
    rows = torch.zeros(5, 64)
    product = product_for("float32")
    assert native.supports(product_for("bfloat16"), "relu", rows, 64) == native.has_product(bfloat16_product)
    assert native.supports(product, "relu", rows, 64)
    assert not native.supports(product, "relu", rows, 48)
    assert native.supports(product, "quadratic", rows, 64)
    assert native.supports(product, "gelu", rows, 64)
    assert not native.supports(product, "relu", rows[None], 64)
    assert not native.supports(product_for("float64"), "relu", rows.double(), 64)
    assert native.supports_heads(128, 8)
    assert not native.supports_heads(128, 16)
    assert not native.supports_heads(512, 32)


def step_of_two_members(monkeypatch: pytest.MonkeyPatch) -> bytes:
    """The bits of loss and gradients."""
    monkeypatch.setattr(native, "_threads", 2)
    given = dict(
        zip(
            ("of_a", "of_b", "w_out", "b_out"),
            (x.detach() for x in leaves((31, 64), (31, 64), (64, 31), (31,))),
            strict=True,
        )
    )
    gradients = {name: torch.empty_like(tensor) for name, tensor in given.items()}
    loss, _ = native.score_and_gradients(torch.matmul, "relu", drawn_pairs(700, 31), given, gradients)
    return repr(loss).encode() + b"".join(tensor.numpy().tobytes() for tensor in gradients.values())


def test_a_fork_takes_steps_with_threads_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    of_parent = step_of_two_members(monkeypatch)
    reads, writes = os.pipe()
    child = os.fork()
    if child == 0:
        os.write(writes, hashlib.blake2b(step_of_two_members(monkeypatch)).digest())
        os._exit(0)
    os.close(writes)
    try:
        assert select.select([reads], [], [], PATIENCE)[0], "the fork waits for threads that it does not have"
        assert os.read(reads, 64) == hashlib.blake2b(of_parent).digest()
        assert step_of_two_members(monkeypatch) == of_parent
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(reads)


def test_steps_of_several_threads_at_once_do_not_mix(monkeypatch: pytest.MonkeyPatch) -> None:
    alone = step_of_two_members(monkeypatch)
    with ThreadPoolExecutor(4) as threads:
        assert set(threads.map(lambda _: step_of_two_members(monkeypatch), range(40))) == {alone}


def test_kernels_are_compiled_once_and_can_be_turned_off(
    library: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = library.stat().st_mtime_ns
    assert build(library.parent) == library
    assert library.stat().st_mtime_ns == made
    monkeypatch.setenv("GROKTERM_KERNELS", "0")
    assert build(library.parent) is None
    monkeypatch.delenv("GROKTERM_KERNELS")
    monkeypatch.setenv("CC", str(tmp_path / "none"))
    monkeypatch.setenv("PATH", str(tmp_path))
    assert build(tmp_path) is None


def test_a_file_that_is_no_library_is_not_used(tmp_path: Path) -> None:
    broken = tmp_path / "pairs.so"
    broken.write_bytes(b"not a library")
    assert not native.load(broken)
    assert not native.loaded()
