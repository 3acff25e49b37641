from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from grokterm.analysis.fourier import (
    NO_BASIS,
    basis_of,
    fourier_basis,
    fourier_norms,
    over_basis,
)
from grokterm.tasks.arithmetic import discrete_logarithms

LENGTHS = [2, 3, 4, 5, 12, 31, 96, 97, 256, 257, 300]


@pytest.mark.parametrize("n", LENGTHS)
def test_the_basis_is_orthonormal(n: int) -> None:
    basis = fourier_basis(n)
    torch.testing.assert_close(basis @ basis.T, torch.eye(n, dtype=torch.float64), rtol=0, atol=1e-12)


def test_rows_of_the_basis_are_the_cosines_and_sines_of_the_paper() -> None:
    n, basis = 97, fourier_basis(97)
    x = np.arange(n)
    for k in (1, 14, 48):
        np.testing.assert_allclose(basis[2 * k - 1], np.cos(2 * math.pi * k * x / n) * math.sqrt(2 / n), atol=1e-12)
        np.testing.assert_allclose(basis[2 * k], np.sin(2 * math.pi * k * x / n) * math.sqrt(2 / n), atol=1e-12)


@pytest.mark.parametrize("n", LENGTHS)
def test_norms_are_those_of_the_components_along_the_basis(n: int) -> None:
    rows = torch.randn(3, 2, n, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(n))
    components = torch.einsum("kn,...nd->...kd", fourier_basis(n), rows)[..., 1:, :].square().sum(-1)
    if n % 2 == 0:
        components = torch.cat([components, torch.zeros(3, 2, 1, dtype=torch.float64)], -1)
    expected = components.reshape(3, 2, n // 2, 2).sum(-1).sqrt()
    torch.testing.assert_close(fourier_norms(rows), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("n", [12, 31, 97, 300, 499])
def test_parseval_against_numpy(n: int) -> None:
    rows = np.random.default_rng(n).normal(size=(n, 4))
    whole = np.fft.fft(rows, axis=0)
    ours = fourier_norms(torch.from_numpy(rows)).square().numpy()
    assert ours.sum() + (rows.sum(0) ** 2).sum() / n == pytest.approx((rows**2).sum())
    for k in range(1, n // 2 + 1):
        both = (np.abs(whole[k]) ** 2).sum() + (np.abs(whole[n - k]) ** 2).sum() * (2 * k != n)
        assert ours[k - 1] == pytest.approx(both / n)


@given(st.sampled_from([12, 31, 97]), st.integers(1, 96), st.floats(0, 6.28))
def test_k_and_its_mirror_image_count_once(n: int, k: int, phase: float) -> None:
    wave = torch.cos(2 * math.pi * (k % n) * torch.arange(n, dtype=torch.float64) / n + phase)[:, None]
    norms = fourier_norms(wave)
    frequency = min(k % n, n - k % n)
    expected = torch.zeros(n // 2, dtype=torch.float64)
    if frequency:
        expected[frequency - 1] = wave.norm()
    torch.testing.assert_close(norms, expected, rtol=0, atol=1e-9)


def test_half_precision_rows_are_widened() -> None:
    rows = torch.randn(97, 8, generator=torch.Generator().manual_seed(0)).bfloat16()
    assert fourier_norms(rows).dtype == torch.float32
    torch.testing.assert_close(fourier_norms(rows), fourier_norms(rows.double()).float())


@pytest.mark.parametrize("p", [3, 5, 7, 97, 113, 1999])
def test_discrete_logarithms_turn_products_into_sums(p: int) -> None:
    powers = discrete_logarithms(p)
    assert sorted(powers) == list(range(1, p))
    logarithm = {residue: i for i, residue in enumerate(powers)}
    for a in range(1, p, max(1, p // 20)):
        for b in range(1, p, max(1, p // 20)):
            assert logarithm[a * b % p] == (logarithm[a] + logarithm[b]) % (p - 1)


def test_discrete_logarithms_need_a_prime() -> None:
    with pytest.raises(ValueError, match="91 is not a prime"):
        discrete_logarithms(91)


def test_a_wave_over_logarithms_has_one_frequency() -> None:
    p, k = 97, 5
    rows = torch.zeros(p, 1, dtype=torch.float64)
    for i, residue in enumerate(discrete_logarithms(p)):
        rows[residue, 0] = math.cos(2 * math.pi * k * i / (p - 1))
    norms = fourier_norms(over_basis(rows, "discrete logarithms"))
    assert norms.shape == (48,)
    assert norms.argmax() == k - 1
    assert norms[k - 1] == pytest.approx(math.sqrt((p - 1) / 2))
    assert norms.sum() - norms[k - 1] == pytest.approx(0, abs=1e-9)
    assert fourier_norms(rows).sort().values[-2] > 0.1


@pytest.mark.parametrize(
    ("op", "p", "basis"),
    [
        ("add", 97, "residues"),
        ("subtract", 12, "residues"),
        ("multiply", 97, "discrete logarithms"),
        ("divide", 97, "discrete logarithms"),
        ("multiply", 12, "none"),
        ("x2+y2", 97, "none"),
        ("x2+xy+y2", 97, "none"),
        ("x2+xy+y2+x", 97, "none"),
        ("x3+xy", 97, "none"),
        ("x3+xy2+y", 97, "none"),
    ],
)
def test_the_basis_of_each_operation(op: str, p: int, basis: str) -> None:
    found, words = basis_of(op, p)
    assert found == basis
    assert (NO_BASIS in words) == (basis == "none")
