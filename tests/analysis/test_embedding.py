from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch
from torch import Tensor

from grokterm.analysis.angles import Angles, angles_of
from grokterm.analysis.embedding import circles, components, explained_variance, waves
from grokterm.analysis.fourier import basis_of, fourier_norms, over_basis
from tests.analysis.models import Sample, random_sample, trained_sample
from tests.reference import measures_numpy as reference


def group(n: int) -> Angles:
    found = angles_of("add", n)
    assert found is not None
    return found


def circle(n: int, k: int, size: int, seed: int = 0) -> Tensor:
    """A circle of radius 2 at frequency k in a random plane of `size` dimensions, off the origin."""
    t = 2 * math.pi * k * torch.arange(n, dtype=torch.float64) / n
    plane = torch.linalg.qr(torch.randn(size, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))).Q
    found: Tensor = 2 * torch.stack([t.cos(), t.sin()], -1) @ plane.T + 0.3
    return found


@pytest.mark.parametrize("k", [1, 5, 26])
def test_a_circle_is_drawn_round_and_anticlockwise(k: int) -> None:
    n = 31
    points = circles(circle(n, k, 8), group(n), [k])[0]
    t = 2 * math.pi * k * torch.arange(n, dtype=torch.float64) / n
    turned = torch.stack([t.cos(), t.sin() * (1 if k <= n // 2 else -1)], -1)
    torch.testing.assert_close(points, 2 * turned, rtol=1e-9, atol=1e-9)


def test_waves_are_the_components_along_cosine_and_sine() -> None:
    embedding = circle(31, 4, 6) + 0.1 * torch.randn(31, 6, dtype=torch.float64)
    found = waves(embedding, group(31), [9, 4, 27])
    assert found.frequencies == (4, 9)
    torch.testing.assert_close(found.norms.norm(dim=-1), fourier_norms(embedding)[[3, 8]])
    clean = waves(circle(31, 4, 6), group(31), [4])
    assert float(clean.cosine_between) == pytest.approx(0, abs=1e-12)
    assert clean.norms[0].tolist() == pytest.approx([2 * math.sqrt(31 / 2)] * 2)


def test_the_highest_frequency_of_an_even_group_is_a_line() -> None:
    embedding = circle(12, 6, 4)
    found = waves(embedding, group(12), [6])
    assert found.sine.abs().max() == 0
    assert circles(embedding, group(12), [6])[0, :, 1].abs().max() == 0
    assert waves(embedding, group(12), []).cosine.shape == (0, 4)


def test_components_against_numpy() -> None:
    embedding = random_sample("transformer", "add").parameters["W_E"][:-1]
    values, vectors = np.linalg.eigh(np.cov(embedding.numpy().T))
    found = components(embedding, 3)
    for at in range(3):
        axis = vectors[:, -1 - at]
        axis *= np.sign(axis[np.abs(axis).argmax()])
        np.testing.assert_allclose(found.axes[:, at].numpy(), axis, atol=1e-9)
        assert float(found.explained[at]) == pytest.approx(values[-1 - at] / values.sum())
    shares = explained_variance(embedding)
    assert shares[:16].tolist() == pytest.approx((values[::-1] / values.sum()).tolist())
    torch.testing.assert_close(found.points.mean(0), torch.zeros(3, dtype=torch.float64), atol=1e-12, rtol=0)


def test_on_the_axes_of_the_end_a_circle_comes_out_of_the_noise() -> None:
    end = circle(31, 3, 40)
    start = torch.randn(31, 40, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    final = components(end)
    assert final.explained.sum() == pytest.approx(1)
    before = components(start, axes=final.axes)
    assert torch.equal(before.axes, final.axes)
    assert float(before.explained.sum()) < 0.2
    torch.testing.assert_close(components(end, axes=final.axes).points, final.points)


def test_replicas_logarithms_and_single_precision() -> None:
    found = trained_sample("mlp", "divide", 31, torch.float32)
    table = over_basis(torch.stack([found.parameters["E_a"]] * 2), "discrete logarithms")
    drawn = circles(table, found.angles, [1, 2])
    assert drawn.shape == (2, 2, 30, 2)
    assert torch.equal(drawn[0], drawn[1])
    assert components(table).points.shape == (2, 30, 2)


def test_weights_that_are_not_finite_or_all_alike_raise_nothing() -> None:
    broken = torch.full((31, 8), math.nan)
    assert circles(broken, group(31), [1]).isnan().all()
    assert components(broken).points.isnan().all()
    assert explained_variance(broken).isnan().all()
    flat = torch.ones(31, 8)
    assert components(flat).explained.tolist() == [0, 0]
    assert circles(flat, group(31), [1]).abs().max() < 1e-5


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 1e-5)])
@pytest.mark.parametrize("make", [random_sample, trained_sample])
@pytest.mark.parametrize(("arch", "op"), [("one-hot", "multiply"), ("transformer", "add")])
def test_spectra_against_the_definition(
    make: Callable[..., Sample], arch: str, op: str, dtype: torch.dtype, tolerance: float
) -> None:
    found = make(arch, op, 31, dtype)
    a, _, _ = reference.group(op, 31)
    basis, _ = basis_of(op, 31)
    for table in found.model.input_tables(found.parameters):
        expected = reference.spectrum(table.double().numpy()[a])
        assert fourier_norms(over_basis(table, basis)).tolist() == pytest.approx(expected.tolist(), rel=tolerance)
