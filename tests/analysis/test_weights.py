from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from grokterm.analysis.weights import downsampled, flatten_parameters, matrices, neuron_logit_map, path
from tests.analysis.models import random_sample


@pytest.mark.parametrize(
    ("arch", "names"),
    [
        ("one-hot", ["W_a", "W_b", "W_out"]),
        ("mlp", ["E_a", "E_b", "W_a", "W_b", "W_out"]),
        ("transformer", ["W_E", "W_pos", "0.W_Q", "0.W_K", "0.W_V", "0.W_O", "0.W_in", "0.W_out", "W_U"]),
    ],
)
def test_matrices_by_name(arch: str, names: list[str]) -> None:
    found = random_sample(arch, "add")
    assert list(matrices(found.config, found.parameters)) == names


def test_the_read_out_of_a_transformer_folds_the_unembedding() -> None:
    found = random_sample("transformer", "add")
    expected = found.parameters["0.W_out"] @ found.parameters["W_U"]
    torch.testing.assert_close(neuron_logit_map(found.config, found.parameters), expected)
    assert neuron_logit_map(found.config, found.parameters).shape == (48, 31)


def test_shrinking_keeps_the_largest_magnitude_of_each_block() -> None:
    matrix = torch.zeros(2, 100, 60)
    matrix[0, 37, 11], matrix[1, 99, 59] = -5, 3
    small = downsampled(matrix, 10, 6)
    assert small.shape == (2, 10, 6)
    assert small[0].min() == -5
    assert float(small[0, 3, 1]) == -5
    assert float(small[1, 9, 5]) == 3
    assert torch.equal(downsampled(matrix, 1000, 1000), matrix)
    assert downsampled(torch.full((20, 20), math.nan), 3, 3).isnan().all()


@pytest.mark.parametrize("size", [500, 140_000])
def test_the_path_is_the_principal_components_of_the_checkpoints(size: int) -> None:
    generator = torch.Generator().manual_seed(0)
    checkpoints = [torch.randn(size, generator=generator) * (1 + 0.1 * at) for at in range(7)]
    found = path(checkpoints)
    centred = np.stack([c.double().numpy() for c in checkpoints])
    centred = centred - centred.mean(0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    expected = u[:, :2] * s[:2]
    expected *= np.where(expected[-1] < 0, -1, 1)
    np.testing.assert_allclose(found.points.numpy(), expected, atol=1e-9)
    assert found.explained.tolist() == pytest.approx((s**2 / (s**2).sum())[:2].tolist())


def test_short_still_and_broken_paths() -> None:
    assert path([torch.ones(5)]).points.tolist() == [[0, 0]]
    still = path([torch.ones(5)] * 3)
    assert still.points.abs().max() == 0
    assert still.explained.tolist() == [0, 0]
    straight = path([torch.full((4,), float(at)) for at in range(3)])
    assert straight.points[:, 0].tolist() == pytest.approx([-2, 0, 2])
    assert straight.explained.tolist() == pytest.approx([1, 0])
    assert path([torch.zeros(3), torch.full((3,), math.nan)]).points.isnan().any()


def test_flat_weights_hold_every_parameter_in_order() -> None:
    found = random_sample("mlp", "add")
    vector = flatten_parameters(found.config, found.parameters)
    assert len(vector) == sum(value.numel() for value in found.parameters.values())
    assert torch.equal(vector[: 31 * 16], found.parameters["E_a"].flatten())
