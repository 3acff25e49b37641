"""The kernels in C, against the same arithmetic in torch; skipped where they cannot be compiled or run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest
import torch
from torch import Tensor

from grokterm.config import Architecture, Config
from grokterm.kernels.build import build
from grokterm.lab import native
from grokterm.lab.engine import Engine
from grokterm.lab.losses import cross_entropy_sum
from grokterm.lab.models import build as build_model
from grokterm.lab.models.pairwise import pair_attention
from grokterm.lab.precision import product_for
from grokterm.lab.tasks import Pairs, make_task
from tests.lab.examples import ARCHITECTURES, random_parameters


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    built = build(tmp_path_factory.mktemp("kernels"))
    if built is None:
        pytest.skip("no compiler, or no processor with bfloat16 tiles")
    return built


@pytest.fixture(autouse=True)
def kernels(library: Path) -> Iterator[None]:
    if not native.load(library):
        pytest.skip("this kernel does not let processes use tiles")
    yield
    native.load(None)


def drawn(n: int, p: int, seed: int = 0) -> Pairs:
    generator = torch.Generator().manual_seed(seed)
    a, b, labels = (torch.randint(0, p, (n,), generator=generator) for _ in range(3))
    return Pairs(a, b, labels, p)


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


def compare(loss: Tensor, expected: Tensor, factors: list[Tensor]) -> None:
    assert loss.item() == pytest.approx(expected.item(), rel=1e-5)
    ours = torch.autograd.grad(loss, factors, retain_graph=True)
    for one, other in zip(ours, torch.autograd.grad(expected, factors), strict=True):
        # A number that lies between two of bfloat16 may be rounded to either.
        assert (one - other).norm() <= 2e-3 * other.norm()
    for one, seventh in zip(ours, torch.autograd.grad(loss / 7, factors), strict=True):
        torch.testing.assert_close(one / 7, seventh)


@pytest.mark.parametrize("p", [3, 16, 31, 97])
@pytest.mark.parametrize("n", [1, 127, 300])
def test_loss_of_sums_and_its_gradients(n: int, p: int) -> None:
    pairs = drawn(n, p)
    of_a, of_b, w_out, b_out = factors = leaves((p, 64), (p, 64), (64, p), (p,))
    hidden = (of_a[pairs.a] + of_b[pairs.b]).relu()
    expected = cross_entropy_sum(times(hidden, w_out) + b_out, pairs.labels)
    compare(native.loss_of_sums(of_a, of_b, w_out, b_out, pairs), expected, factors)


@pytest.mark.parametrize("heads", [1, 4])
@pytest.mark.parametrize("p", [3, 31, 97])
@pytest.mark.parametrize("n", [1, 127, 300])
def test_loss_of_attention_and_its_gradients(n: int, p: int, heads: int) -> None:
    pairs, tokens = drawn(n, p), 2 * p + 1
    factors = leaves((tokens, heads), (tokens, 64), (64, 96), (96,), (64, p), (96, p), (p,))
    scores, values, w_in, b_in, w_direct, w_out, b_out = factors
    x = pair_attention(scores, values, pairs.head_bags(heads))
    logits = times((times(x, w_in) + b_in).relu(), w_out) + times(x, w_direct) + b_out
    loss = native.loss_of_attention(scores, values, w_in, b_in, w_direct, w_out, b_out, pairs)
    compare(loss, cross_entropy_sum(logits, pairs.labels), factors)


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("batch_size", ["full", 200])
def test_training_is_the_training_without_them(arch: Architecture, batch_size: int | Literal["full"]) -> None:
    config = Config(
        p=31,
        arch=arch,
        width=64,
        d_model=32,
        heads=2,
        lr=3e-3,
        batch_size=batch_size,
        precision="bfloat16",
        device="cpu",
    )
    with_kernels, plain = Engine(config), Engine(config)
    with_kernels.advance(60)
    assert native.loaded()
    ours = with_kernels.measure()
    native.load(None)
    plain.advance(60)
    theirs = plain.measure()
    assert ours.train_loss == pytest.approx(theirs.train_loss, rel=0.03)
    assert ours.test_loss == pytest.approx(theirs.test_loss, rel=0.03)
    assert ours.sum_squared_weights == pytest.approx(theirs.sum_squared_weights, rel=0.01)


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_the_same_bits_twice(arch: Architecture) -> None:
    config = Config(p=31, arch=arch, width=64, d_model=32, heads=2, precision="bfloat16", device="cpu")
    one, other = Engine(config), Engine(config)
    one.advance(20)
    other.advance(20)
    for name, tensor in one.state().items():
        assert torch.equal(tensor, other.state()[name])


@pytest.mark.parametrize("arch", ARCHITECTURES)
def test_score_is_that_of_the_logits(arch: Architecture) -> None:
    config = Config(p=31, arch=arch, width=64, d_model=32, heads=2)
    model = build_model(config, product_for("bfloat16"))
    parameters = {name: tensor.float() for name, tensor in random_parameters(model).items()}
    task = make_task(config)
    pairs = task.pairs(task.test)
    loss, right = model.score(parameters, pairs)
    logits = build_model(config).logits(parameters, pairs.a, pairs.b)
    assert loss == pytest.approx(float(cross_entropy_sum(logits, pairs.labels)), rel=0.02)
    assert right == pytest.approx(int((logits.argmax(-1) == pairs.labels).sum()), abs=20)


def test_of_equal_logits_the_first_counts() -> None:
    pairs, nothing = drawn(500, 7), torch.zeros(7, 32)
    loss, right = native.score(pairs, of_a=nothing, of_b=nothing, w_out=torch.zeros(32, 7), b_out=torch.zeros(7))
    assert right == int((pairs.labels == 0).sum())
    assert loss == pytest.approx(500 * torch.log(torch.tensor(7.0)).item(), rel=1e-6)


def test_a_weight_that_is_not_finite_shows_in_the_loss() -> None:
    of_a, of_b, w_out, b_out = leaves((7, 32), (7, 32), (32, 7), (7,))
    with torch.no_grad():
        w_out[3, 2] = torch.inf
    assert not native.loss_of_sums(of_a, of_b, w_out, b_out, drawn(200, 7)).isfinite()


def test_other_widths_activations_and_precisions_are_left_to_torch() -> None:
    rows = torch.zeros(5, 64)
    product = product_for("bfloat16")
    assert native.suits(product, "relu", rows, 64)
    assert not native.suits(product, "relu", rows, 48)
    assert not native.suits(product, "gelu", rows, 64)
    assert not native.suits(product, "relu", rows[None], 64)
    assert not native.suits(product_for("float32"), "relu", rows, 64)
    assert native.suits_heads(128, 8)
    assert not native.suits_heads(128, 16)
    assert not native.suits_heads(512, 32)


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
