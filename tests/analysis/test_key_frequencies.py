from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from grokterm.analysis.fourier import fourier_norms
from grokterm.analysis.key_frequencies import KeyFrequencies

P = 97


def random_table(columns: int, seed: int) -> Tensor:
    return torch.randn(P, columns, generator=torch.Generator().manual_seed(seed))


def clock(frequencies: dict[int, float], noise: float, seed: int = 0, columns: int = 128) -> Tensor:
    """An embedding whose columns are cosines and sines of some frequencies with an amplitude each, and noise."""
    generator = torch.Generator().manual_seed(seed)
    table = noise * torch.randn(P, columns, generator=generator)
    angle = 2 * math.pi * torch.arange(P) / P
    for k, amplitude in frequencies.items():
        for wave in (torch.cos(k * angle), torch.sin(k * angle)):
            direction = torch.randn(columns, generator=generator)
            table += amplitude * wave[:, None] * direction / direction.norm()
    return table


@pytest.mark.parametrize("columns", [1, 2, 8, 64, 128, 1024])
def test_random_weights_have_none(columns: int) -> None:
    for seed in range(200 if columns <= 128 else 20):
        assert KeyFrequencies(columns).update(fourier_norms(random_table(columns, seed))) == ()


def test_an_even_spectrum_has_none() -> None:
    assert KeyFrequencies().update(torch.ones(48)) == ()


@pytest.mark.parametrize("noise", [0.0, 0.01, 0.03])
@pytest.mark.parametrize("chosen", [(14,), (5, 12, 31, 40), (1, 2, 3, 46, 47, 48)])
def test_a_clock_has_exactly_its_own(chosen: tuple[int, ...], noise: float) -> None:
    table = clock({k: 1 + 0.1 * i for i, k in enumerate(chosen)}, noise)
    assert KeyFrequencies(128).update(fourier_norms(table)) == chosen[::-1]


def test_a_quarter_of_the_largest_decides_in_a_clean_spectrum() -> None:
    norms = torch.full((48,), 0.01)
    norms[[4, 11, 30, 39]] = torch.tensor([1.0, 0.5, 0.26, 0.24])
    assert KeyFrequencies().update(norms) == (5, 12, 31)


def test_a_norm_that_wavers_at_the_threshold_does_not_flicker() -> None:
    generator, estimate = torch.Generator().manual_seed(3), KeyFrequencies()
    norms = torch.full((48,), 0.01)
    norms[10] = 1.0
    last: tuple[int, ...] = (11,)
    changes, drift = 0, 0.0
    for _ in range(2000):
        drift = 0.99 * drift + 0.002 * float(torch.randn((), generator=generator))
        norms[20] = 0.25 + drift
        keys = estimate.update(norms)
        changes, last = changes + (keys != last), keys
    assert 1 <= changes <= 3


def test_key_frequencies_go_out_when_they_fade() -> None:
    estimate, norms = KeyFrequencies(), torch.full((48,), 0.01)
    norms[[4, 9]] = 1.0
    assert set(estimate.update(norms)) == {5, 10}
    norms[9] = 0.22
    assert estimate.update(norms) == (5, 10)
    norms[9] = 0.19
    assert estimate.update(norms) == (5,)
    norms[9] = 0.22
    assert estimate.update(norms) == (5,)


def test_an_estimate_goes_on_from_an_earlier_one() -> None:
    norms = torch.full((48,), 0.01)
    norms[[4, 9]] = torch.tensor([1.0, 0.22])
    assert KeyFrequencies().update(norms) == (5,)
    assert KeyFrequencies(keys=(10,)).update(norms) == (5, 10)


def test_no_norms_and_norms_that_are_not_finite_have_none() -> None:
    estimate, norms = KeyFrequencies(), torch.full((48,), 0.01)
    norms[4] = 1.0
    assert estimate.update(norms) == (5,)
    assert estimate.update(torch.ones(20)) == ()
    assert estimate.update(torch.zeros(0)) == ()
    assert estimate.update(torch.full((48,), math.nan)) == ()
    assert estimate.update(torch.zeros(48)) == ()
