from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from grokterm.analysis.activations import activations, neuron_layers
from grokterm.analysis.angles import Angles, Rows, angles_of
from grokterm.analysis.neurons import (
    activation_maps,
    clocks,
    contribution,
    frequency_shares,
    neuron_frequencies,
    neuron_rows,
)
from grokterm.analysis.weights import neuron_logit_map
from grokterm.lab.models import build
from tests.analysis.models import Sample, random_sample, small, trained_sample
from tests.reference import measures_numpy as reference

PRECISIONS = [(torch.float64, 1e-9), (torch.float32, 1e-5)]


def rows_of_maps(maps: Tensor) -> Rows:
    """Rows of activations [..., n, n, width]."""
    return lambda start, stop: maps[..., start:stop, :, :]


def angles(op: str, p: int) -> Angles:
    found = angles_of(op, p)
    assert found is not None
    return found


@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
@pytest.mark.parametrize("make", [random_sample, trained_sample])
@pytest.mark.parametrize(("arch", "op"), [("one-hot", "add"), ("one-hot", "divide"), ("transformer", "add")])
def test_shares_against_the_definition(
    make: Callable[..., Sample], arch: str, op: str, dtype: torch.dtype, tolerance: float
) -> None:
    found = make(arch, op, 31, dtype)
    rows = neuron_rows(found.config, found.parameters, found.angles)
    shares = frequency_shares(rows, found.angles, found.config.width)
    maps = rows(0, found.angles.n).double().numpy()
    chosen = [at for at in range(0, found.config.width, 7) if maps[..., at].std() > 1e-3]
    assert chosen
    for at in chosen:
        expected = reference.frequency_shares(maps[..., at])
        assert shares[at].tolist() == pytest.approx(expected.tolist(), rel=tolerance, abs=tolerance)
    best = neuron_frequencies(shares)
    for at in chosen:
        expected = reference.frequency_shares(maps[..., at])
        assert int(best.frequency[at]) == 1 + int(expected.argmax())
        assert float(best.share[at]) == pytest.approx(expected.max(), rel=tolerance)


@pytest.mark.parametrize("n", [5, 12, 31])
def test_a_neuron_of_one_frequency_is_explained_by_it_alone(n: int) -> None:
    i, j = torch.meshgrid(torch.arange(n, dtype=torch.float64), torch.arange(n, dtype=torch.float64), indexing="ij")
    w = 2 * math.pi / n
    waves = [((w * 2 * i).cos() + (w * 2 * j + 1).cos()).square(), (w * (i - j)).cos() + 3, torch.ones(n, n)]
    shares = frequency_shares(rows_of_maps(torch.stack(waves, -1)), angles("add", n), 3)
    best = neuron_frequencies(shares)
    # The square of a sum of two waves at k has variance at k and at 2k; a constant neuron has none at all.
    assert best.frequency[1:].tolist() == [1, 0]
    assert best.share[1:].tolist() == pytest.approx([1, 0])
    assert shares[0].sum() == pytest.approx(1)


def test_the_highest_frequency_of_an_even_group_is_counted_once() -> None:
    n = 12
    i, j = torch.meshgrid(torch.arange(n, dtype=torch.float64), torch.arange(n, dtype=torch.float64), indexing="ij")
    wave = (math.pi * (i + j)).cos() + 0.5 * (math.pi * i).cos()
    shares = frequency_shares(rows_of_maps(wave[..., None]), angles("add", n), 1)
    assert shares[0].tolist() == pytest.approx([0] * 5 + [1], abs=1e-12)


def test_replicas_lead() -> None:
    maps = torch.randn(2, 3, 7, 7, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(0))
    shares = frequency_shares(rows_of_maps(maps), angles("add", 7), 5)
    assert shares.shape == (2, 3, 5, 3)
    torch.testing.assert_close(shares[1, 2], frequency_shares(rows_of_maps(maps[1, 2]), angles("add", 7), 5))
    assert neuron_frequencies(shares).explained.shape == (2, 3)


def test_groups_and_order_sort_by_frequency_then_share() -> None:
    shares = torch.tensor([[0.1, 0.9], [0.95, 0.0], [0.2, 0.3], [0.0, 0.0], [0.0, 0.99]], dtype=torch.float64)
    best = neuron_frequencies(shares)
    assert best.order().tolist() == [3, 1, 4, 0, 2]
    assert {k: members.tolist() for k, members in best.groups().items()} == {1: [1], 2: [4, 0]}
    assert float(best.explained) == pytest.approx(0.6)


def test_a_grokked_model_groups_its_neurons() -> None:
    found = trained_sample("transformer", "add")
    shares = frequency_shares(neuron_rows(found.config, found.parameters, found.angles), found.angles, 128)
    fresh = random_sample("transformer", "add")
    before = frequency_shares(neuron_rows(fresh.config, fresh.parameters, fresh.angles), fresh.angles, 48)
    assert float(neuron_frequencies(before).explained) < 0.1
    assert float(neuron_frequencies(shares).explained) > 0.4


@pytest.mark.parametrize("arch", ["one-hot", "mlp", "transformer"])
def test_contributions_of_all_neurons_add_up_to_the_correct_logit(arch: str) -> None:
    found = random_sample(arch, "divide")
    config, p = found.config, found.config.p
    every = torch.arange(config.width)
    maps = activation_maps(config, found.parameters, every)
    parts = contribution(maps, neuron_logit_map(config, found.parameters), found.labels)
    assert parts.shape == (config.width, p, p)
    assert parts[:, :, 0].isnan().all()
    pairs = torch.arange(p * p)
    seen = activations(config, found.parameters, pairs // p, pairs % p)
    above = seen["logits"] - seen["logits"].mean(-1, keepdim=True)
    direct = torch.zeros(p * p, p, dtype=torch.float64)
    if arch == "transformer":
        direct = (seen["0.attention"] + found.parameters["0.b_out"]) @ found.parameters["W_U"]
    else:
        direct = direct + found.parameters["b_out"]
    left = above - (direct - direct.mean(-1, keepdim=True))
    labels = found.labels.flatten()
    known = labels >= 0
    expected = left[known].gather(-1, labels[known, None]).squeeze(-1)
    torch.testing.assert_close(parts.flatten(1)[:, known].sum(0), expected)


def test_maps_are_the_activations_of_chosen_neurons() -> None:
    found = random_sample("one-hot", "add")
    maps = activation_maps(found.config, found.parameters, torch.tensor([5, 0]))
    a, b = torch.tensor([3]), torch.tensor([30])
    expected = activations(found.config, found.parameters, a, b)["neurons_1"][0, [5, 0]]
    torch.testing.assert_close(maps[:, 3, 30], expected)


def test_clocks_add_up_to_the_first_layer() -> None:
    for arch in ("one-hot", "mlp"):
        found = random_sample(arch, "add")
        of_a, of_b = clocks(found.config, found.parameters)
        inputs = activations(found.config, found.parameters, torch.tensor([4]), torch.tensor([9]))["sum"][0]
        torch.testing.assert_close(of_a[:, 4] + of_b[:, 9] + found.parameters["b_1"], inputs)
    found = random_sample("transformer", "add")
    assert clocks(found.config, found.parameters)[0].shape == (48, 31)


def test_weights_that_are_not_finite_give_no_frequency() -> None:
    found = random_sample("one-hot", "add")
    broken = {name: value * math.nan for name, value in found.parameters.items()}
    shares = frequency_shares(neuron_rows(found.config, broken, found.angles), found.angles, 48)
    best = neuron_frequencies(shares)
    assert best.frequency.tolist() == [0] * 48
    assert float(best.explained) == 0


@pytest.mark.parametrize(
    ("arch", "values"),
    [("one-hot", {"depth": 2}), ("mlp", {"layer_norm": "post"}), ("transformer", {"depth": 2, "layer_norm": "pre"})],
)
def test_maps_of_every_layer_are_its_activations(arch: str, values: dict[str, object]) -> None:
    config = small(arch, "add", 5, width=12, d_model=8, **values)
    parameters = build(config).init(torch.Generator().manual_seed(0))
    pairs, neurons = torch.arange(25), torch.tensor([7, 2, 2])
    seen = activations(config, parameters, pairs // 5, pairs % 5)
    for layer in neuron_layers(config):
        maps = activation_maps(config, parameters, neurons, layer)
        torch.testing.assert_close(maps.flatten(-2).mT, seen[layer][:, neurons])
