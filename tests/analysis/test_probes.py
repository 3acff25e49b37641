from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from grokterm.analysis.activations import activations
from grokterm.analysis.probes import angle_targets, probes, r_squared
from tests.analysis.models import random_sample, trained_sample
from tests.reference import measures_numpy as reference


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-8), (torch.float32, 1e-5)])
@pytest.mark.parametrize("arch", ["one-hot", "transformer"])
def test_against_least_squares_of_numpy(arch: str, dtype: torch.dtype, tolerance: float) -> None:
    found = random_sample(arch, "subtract", 31, dtype)
    angles = found.angles
    got = probes(found.config, found.parameters, angles, (2, 3))
    a, b = angles.pairs()
    i, j = np.divmod(np.arange(31 * 31), 31)
    for name, features in activations(found.config, found.parameters, a, b).items():
        if name == "logits" and arch == "transformer" and dtype == torch.float32:
            continue  # 31 logits of rank 16: numpy takes their rounding for features
        for at, k in enumerate((2, 3)):
            for which, angle in enumerate((i, j, i + j)):
                w = 2 * np.pi * k * angle / 31
                values = features.double().numpy()
                expected = (reference.r_squared(values, np.cos(w)) + reference.r_squared(values, np.sin(w))) / 2
                assert float(got[name][at, which]) == pytest.approx(expected, rel=tolerance, abs=tolerance)


def test_a_sum_of_rows_tells_each_angle_but_not_their_sum() -> None:
    found = random_sample("one-hot", "add", 31)
    r2 = probes(found.config, found.parameters, found.angles, (1,))["sum"][0]
    assert r2[0] > 0.5
    assert r2[2] < 1e-9


def test_a_grokked_model_holds_the_sum_in_its_neurons_where_noise_does_not() -> None:
    found = trained_sample("transformer", "add")
    logits = probes(found.config, found.parameters, found.angles, found.keys)["logits"]
    best = found.keys[int(logits[:, 2].argmax())]
    held_out = probes(found.config, found.parameters, found.angles, (best,), found.train)
    assert held_out["0.neurons"][0, 2] > 0.95
    fresh = random_sample("transformer", "add")
    assert probes(fresh.config, fresh.parameters, fresh.angles, (best,), fresh.train)["0.neurons"][0, 2] < 0.5


def test_fitted_on_some_and_judged_on_the_others() -> None:
    x = torch.randn(200, 3, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    y = torch.stack([x @ torch.tensor([1.0, -2, 0.5]).double() + 3, torch.randn(200).double(), torch.ones(200)], -1)
    fit = torch.arange(200) < 100
    r2 = r_squared(x, y, fit)
    assert float(r2[0]) == pytest.approx(1)
    assert float(r2[1]) < 0.1
    assert float(r2[2]) == 0


def test_replicas_flat_features_and_numbers_that_are_not_finite() -> None:
    x = torch.randn(2, 50, 3)
    y = angle_targets_of(50)
    both = r_squared(x, y)
    torch.testing.assert_close(both[1], r_squared(x[1], y))
    assert r_squared(torch.ones(50, 3), y).abs().max() < 1e-9
    assert r_squared(torch.full((50, 3), math.nan), y).isnan().all()


def test_no_frequency_gives_empty_tables() -> None:
    found = random_sample("one-hot", "add", 31)
    assert probes(found.config, found.parameters, found.angles, ())["logits"].shape == (0, 3)


def angle_targets_of(count: int) -> torch.Tensor:
    angles = random_sample("one-hot", "add", 31).angles
    return angle_targets(angles, 3, torch.arange(count))


def test_a_choice_of_pairs_stands_for_all() -> None:
    found = trained_sample("transformer", "add")
    whole = probes(found.config, found.parameters, found.angles, found.keys)["0.neurons"]
    some = probes(found.config, found.parameters, found.angles, found.keys, most=600)["0.neurons"]
    assert (whole - some).abs().max() < 0.1
    assert not torch.equal(whole, some)


def test_the_highest_frequency_of_an_even_group_is_probed_by_its_cosine() -> None:
    found = random_sample("one-hot", "multiply", 31)
    r2 = probes(found.config, found.parameters, found.angles, (3, 15))
    assert r2["neurons_1"].shape == (2, 3)
    assert r2["neurons_1"].isfinite().all()
