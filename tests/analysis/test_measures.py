from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor

from grokterm.analysis.angles import angles_of
from grokterm.analysis.fourier import fourier_norms
from grokterm.analysis.measures import (
    angle_means,
    cross_entropy,
    excluded_loss,
    gini,
    restricted_logits,
    restricted_loss,
    softmax_collapse,
    variance_share,
)
from grokterm.analysis.pairs import logits_from_table
from grokterm.lab.tasks import operation_table
from tests.analysis.models import OPERATIONS, Sample, random_sample, trained_sample
from tests.reference import measures_numpy as reference

KEYS = (14, 35, 41, 42)
PRECISIONS = [(torch.float64, 1e-9), (torch.float32, 1e-5)]


def ideal_logits(op: str, p: int, keys: tuple[int, ...], dtype: torch.dtype = torch.float64) -> Tensor:
    """L = 20 Σ_k cos w_k(i + j − c) over residues [p, p, p]; 0 outside the group."""
    angles = angles_of(op, p)
    assert angles is not None
    s = (angles.sums()[:, :, None] - torch.arange(angles.n)).double()
    cosines = sum((2 * math.pi * k * s / angles.n).cos() for k in keys)
    logits = torch.zeros(p, p, p, dtype=torch.float64)
    logits[angles.a[:, None, None], angles.b[None, :, None], angles.c] = 20 * torch.as_tensor(cosines)
    return logits.to(dtype)


def halves(p: int) -> Tensor:
    return torch.rand(p, p, generator=torch.Generator().manual_seed(p)) < 0.5


@pytest.mark.parametrize("op", ["add", "subtract"])
def test_the_ideal_clock_is_all_restricted_and_nothing_without(op: str) -> None:
    p = 97
    logits, train = ideal_logits(op, p, KEYS), halves(97)
    angles = angles_of(op, p)
    assert angles is not None
    rows = angles.rows(logits)
    means = angle_means(logits_from_table(logits), angles)
    restricted = restricted_logits(means.mean, angles, KEYS)
    torch.testing.assert_close(restricted[angles.sums()], rows(0, p), rtol=0, atol=1e-11)
    excluded = excluded_loss(logits_from_table(logits), means.mean, angles, [KEYS], train)
    assert excluded.tolist() == pytest.approx([math.log(p)], rel=1e-12)
    assert float(variance_share(means, angles, KEYS)) == pytest.approx(1, rel=1e-12)
    one_left = restricted_logits(means.mean, angles, KEYS[1:])
    torch.testing.assert_close(
        one_left[angles.sums()], angles.rows(ideal_logits(op, p, KEYS[1:]))(0, p), rtol=0, atol=1e-11
    )


@pytest.mark.parametrize("op", ["multiply", "divide"])
def test_the_ideal_clock_over_logarithms(op: str) -> None:
    p, keys = 97, (3, 17, 48)
    logits, train = ideal_logits(op, p, keys), halves(97)
    angles = angles_of(op, p)
    assert angles is not None
    rows = angles.rows(logits)
    means = angle_means(logits_from_table(logits), angles)
    torch.testing.assert_close(
        restricted_logits(means.mean, angles, keys)[angles.sums()], rows(0, p - 1), rtol=0, atol=1e-11
    )
    assert excluded_loss(logits_from_table(logits), means.mean, angles, [keys], train).item() == pytest.approx(
        math.log(p), rel=1e-12
    )
    assert float(variance_share(means, angles, keys)) == pytest.approx(1, rel=1e-12)


def test_in_single_precision_too() -> None:
    p = 113
    logits = ideal_logits("add", p, KEYS, torch.float32)
    angles = angles_of("add", p)
    assert angles is not None
    means = angle_means(logits_from_table(logits), angles)
    restricted = restricted_logits(means.mean, angles, KEYS)[angles.sums()].float()
    torch.testing.assert_close(restricted, logits, rtol=0, atol=1e-4)
    excluded = excluded_loss(logits_from_table(logits), means.mean, angles, [KEYS, KEYS[:1]], halves(p))
    assert excluded[0].item() == pytest.approx(math.log(p), rel=1e-5)
    assert excluded[1].item() < 1e-3


def check(sample: Sample, tolerance: float) -> None:
    """Every measure of the logits against the independent one."""
    angles, op, keys = sample.angles, sample.config.op, sample.keys
    known = sample.logits.numpy().astype(np.float64)
    means = angle_means(logits_from_table(sample.logits), angles)
    restricted = restricted_loss(means.mean, angles, keys, sample.train)
    expected = reference.restricted_loss(known, op, keys, sample.train.numpy())
    assert [float(x) for x in (restricted.all, restricted.train, restricted.test)] == pytest.approx(
        expected, rel=tolerance
    )
    groups = [keys, *[(k,) for k in keys]]
    excluded = excluded_loss(logits_from_table(sample.logits), means.mean, angles, groups, sample.train)
    assert excluded.tolist() == pytest.approx(
        [reference.excluded_loss(known, op, group, sample.train.numpy()) for group in groups], rel=tolerance
    )
    share = variance_share(means, angles, keys)
    assert float(share) == pytest.approx(reference.variance_share(known, op, keys), rel=tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
@pytest.mark.parametrize("op", OPERATIONS)
def test_random_models_against_the_definitions(op: str, dtype: torch.dtype, tolerance: float) -> None:
    check(random_sample("one-hot", op, 31, dtype), tolerance)


@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
@pytest.mark.parametrize(
    ("arch", "op"), [("one-hot", op) for op in OPERATIONS] + [("mlp", "add"), ("transformer", "add")]
)
def test_trained_models_against_the_definitions(arch: str, op: str, dtype: torch.dtype, tolerance: float) -> None:
    check(trained_sample(arch, op, 31, dtype), tolerance)


@pytest.mark.parametrize("p", [5, 12])
def test_smallest_and_composite_moduli(p: int) -> None:
    sample = random_sample("one-hot", "add", p)
    check(sample if p == 12 else Sample(**{**vars(sample), "keys": (1, 2)}), 1e-9)


def test_replicas_and_logits_on_demand_give_the_same() -> None:
    sample = random_sample("one-hot", "divide", 31)
    angles, both = sample.angles, torch.stack([sample.logits, 3 * sample.logits])
    means = angle_means(logits_from_table(both), angles)
    alone = angle_means(logits_from_table(sample.logits), angles)
    torch.testing.assert_close(means.mean[0], alone.mean)
    torch.testing.assert_close(means.square, torch.stack([alone.square, 9 * alone.square]))
    losses = restricted_loss(means.mean, angles, (1, 2), sample.train)
    first = restricted_loss(alone.mean, angles, (1, 2), sample.train)
    torch.testing.assert_close(losses.train[0], first.train)
    excluded = excluded_loss(lambda a, b: both[:, a, b], means.mean, angles, [(1, 2), (3,)], sample.train)
    assert excluded.shape == (2, 2)
    torch.testing.assert_close(
        excluded[0], excluded_loss(logits_from_table(sample.logits), alone.mean, angles, [(1, 2), (3,)], sample.train)
    )
    shares = variance_share(means, angles, (1, 2))
    torch.testing.assert_close(shares, variance_share(alone, angles, (1, 2)).expand(2))


def test_no_key_frequency_restricts_to_the_mean_and_excludes_nothing() -> None:
    sample = random_sample("one-hot", "add", 31)
    angles = sample.angles
    mean = angle_means(logits_from_table(sample.logits), angles).mean
    flat = sample.logits.mean((0, 1)).expand(31, 31, 31)
    each = torch.nn.functional.cross_entropy(flat.flatten(0, 1), sample.labels.flatten())
    assert float(restricted_loss(mean, angles, (), sample.train).all) == pytest.approx(float(each))
    whole = torch.nn.functional.cross_entropy(sample.logits[sample.train], sample.labels[sample.train])
    assert excluded_loss(logits_from_table(sample.logits), mean, angles, [()], sample.train).tolist() == pytest.approx(
        [float(whole)]
    )


def test_a_loss_far_below_the_floats_epsilon_is_told() -> None:
    logits = torch.zeros(3, 97)
    logits[:, 4] = torch.tensor([30.0, 60.0, -200.0])
    answer = torch.full((3,), 4)
    exact = [96 * math.exp(-30), 96 * math.exp(-60), 200 + math.log(96)]
    assert cross_entropy(logits, answer).tolist() == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize(("values", "expected"), [
    ([1.0] + [0.0] * 55, 1 - 1 / 56),
    ([0.3] * 56, 0.0),
    ([2.0] * 5 + [0.0] * 51, 0.9107142857),
    ([0.0] * 56, 0.0),
])  # fmt: skip
def test_gini_of_known_spectra(values: list[float], expected: float) -> None:
    assert float(gini(torch.tensor(values))) == pytest.approx(expected, abs=1e-9)


def test_gini_against_mean_absolute_differences() -> None:
    values = torch.rand(4, 48, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert gini(values).tolist() == pytest.approx([reference.gini(row.numpy()) for row in values], rel=1e-9)
    single = values.float()
    assert gini(single).tolist() == pytest.approx([reference.gini(row.double().numpy()) for row in single], rel=1e-9)


def test_gini_of_an_untrained_embedding_is_small() -> None:
    for seed in range(10):
        embedding = torch.randn(113, 128, generator=torch.Generator().manual_seed(seed))
        assert 0.015 < float(gini(fourier_norms(embedding))) < 0.045


def test_gini_of_weights_that_are_not_finite_is_not_a_number() -> None:
    assert math.isnan(float(gini(torch.tensor([1.0, math.nan, 2.0]))))


@pytest.mark.parametrize(("dtype", "gap"), [(torch.float32, 16.6), (torch.float64, 36.7), (torch.bfloat16, 5.55)])
def test_softmax_collapses_beyond_the_known_gap(dtype: torch.dtype, gap: float) -> None:
    logits = torch.tensor([[0.0, gap + 0.15], [0.0, gap - 0.15], [1.0, 1.0], [0.0, 2 * gap]], dtype=dtype)
    assert float(softmax_collapse(logits)) == 0.5


def test_softmax_collapse_against_numpy() -> None:
    logits = 40 * torch.rand(2000, 7, generator=torch.Generator().manual_seed(3))
    assert float(softmax_collapse(logits)) == pytest.approx(reference.softmax_collapse(logits.numpy()), abs=2e-3)


def test_table_of_the_group_is_the_task() -> None:
    sample = random_sample("one-hot", "divide", 31)
    assert torch.equal(sample.labels, operation_table(31, "divide"))
