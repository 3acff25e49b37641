from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from grokterm.analysis.angles import angles_of
from grokterm.analysis.circuit_phases import SIGNIFICANT, CircuitPhases
from grokterm.analysis.consensus import DRAWS, Consensus, consensus, frequency_effects, held_out
from grokterm.analysis.measures import angle_means
from grokterm.analysis.pairs import logits_from_table
from grokterm.analysis.progress import progress
from grokterm.config import Config
from grokterm.lab.tasks import make_task
from tests.analysis.models import OPERATIONS, random_sample, trained_sample
from tests.reference import measures_numpy as reference

SMALLEST = 1 / (DRAWS + 1)


def evidence(logits: Tensor, op: str, seen: Tensor, keys: tuple[int, ...] = ()) -> Consensus:
    angles = angles_of(op, len(seen))
    assert angles is not None
    means = angle_means(logits_from_table(logits), angles, mask=held_out(angles, seen))
    return consensus(means.masked_mean, angles, means.counts, keys)


def lookup_table(config: Config, transposes: bool = False) -> tuple[Tensor, Tensor]:
    """Logits of 20 at the answer of each training pair and 0 elsewhere, and the training pairs."""
    task = make_task(config)
    known = task.train_mask | task.train_mask.T if transposes else task.train_mask
    logits = torch.zeros(config.p, config.p, config.p, dtype=torch.float64)
    logits[known] = 20 * torch.nn.functional.one_hot(task.labels[known], config.p).double()
    return logits, task.train_mask


@pytest.mark.parametrize(("p", "fraction"), [(11, 0.5), (97, 0.5), (113, 0.3)])
@pytest.mark.parametrize("transposes", [False, True])
def test_a_table_learned_by_heart_is_no_circuit(p: int, fraction: float, transposes: bool) -> None:
    config = Config(p=p, train_fraction=fraction)
    logits, train = lookup_table(config, transposes)
    keys = (1, 3, 4)
    found = progress(config, logits_from_table(logits), train, train, keys)
    assert found.consensus_loss == pytest.approx(math.log(p), rel=1e-12)
    assert found.consensus_p_value == 1
    assert found.key_consensus_loss == pytest.approx(math.log(p), rel=1e-9)
    assert found.key_p_value == 1
    phases = CircuitPhases(p)
    for test_loss in (math.log(p), math.log(p) / 3):
        assert phases.update(found, test_loss, 100.0) == []
    assert phases.phase == "memorization"


def test_key_frequencies_restrict_a_table_learned_by_heart_to_little() -> None:
    """The paper's measure is blind to memory where K is small; with every frequency it is not."""
    config = Config(p=97)
    logits, train = lookup_table(config)
    few = reference.restricted_loss(logits.numpy(), "add", (14, 35, 41), train.numpy())
    every = reference.restricted_loss(logits.numpy(), "add", range(1, 49), train.numpy())
    found = progress(config, logits_from_table(logits), train, train, (14, 35, 41))
    assert [found.restricted_loss, found.restricted_train_loss, found.restricted_test_loss] == pytest.approx(few)
    assert few[0] > 0.85 * math.log(97)
    assert every[0] < 0.01


@pytest.mark.parametrize("op", OPERATIONS)
def test_an_ideal_clock_is_a_consensus_beyond_chance(op: str) -> None:
    p, keys = 97, (14, 35, 41, 42)
    angles = angles_of(op, p)
    assert angles is not None
    s = (angles.sums()[:, :, None] - torch.arange(angles.n)).double()
    logits = torch.zeros(p, p, p, dtype=torch.float64)
    waves = torch.stack([(2 * math.pi * k * s / angles.n).cos() for k in keys]).sum(0)
    logits[angles.a[:, None, None], angles.b[None, :, None], angles.c] = 20 * waves
    found = evidence(logits, op, make_task(Config(p=p).changed({"op": op})).train_mask, keys)
    assert found.loss < 0.01
    assert found.key_loss == pytest.approx(found.loss, rel=1e-6, abs=1e-12)
    assert (found.p_value, found.key_p_value) == (SMALLEST, SMALLEST)
    others = evidence(logits, op, make_task(Config(p=p).changed({"op": op})).train_mask, (1, 2, 3, 4))
    assert others.key_p_value == 1
    assert others.key_loss is not None
    assert others.key_loss >= math.log(p - 1) - 1e-6


def test_the_effect_of_a_frequency_is_what_it_adds_to_the_right_logit() -> None:
    for n, op in ((97, "add"), (96, "multiply")):
        angles = angles_of(op, 97)
        assert angles is not None
        difference = (torch.arange(n)[:, None] - torch.arange(n)).double()
        logits = 20 * (2 * math.pi * 5 * difference / n).cos() + 3 * (2 * math.pi * 48 * difference / n).cos()
        expected = torch.zeros(n // 2, dtype=torch.float64)
        expected[4], expected[47] = 20, 3
        torch.testing.assert_close(frequency_effects(logits + 7, angles), expected, rtol=0, atol=1e-9)


@pytest.mark.parametrize("op", OPERATIONS)
@pytest.mark.parametrize("arch", ["one-hot", "transformer"])
def test_losses_are_those_of_the_definition(arch: str, op: str) -> None:
    sample = trained_sample(arch, op) if op == "add" else random_sample(arch, op)
    known, seen = sample.logits.numpy().astype(np.float64), sample.train.numpy()
    found = evidence(sample.logits, op, sample.train, sample.keys)
    assert found.loss == pytest.approx(reference.consensus_loss(known, op, seen), rel=1e-9)
    assert found.key_loss == pytest.approx(reference.consensus_loss(known, op, seen, sample.keys), rel=1e-9)


@pytest.mark.parametrize("op", OPERATIONS)
def test_held_out_pairs_are_those_that_memory_cannot_answer(op: str) -> None:
    p = 7
    angles = angles_of(op, p)
    assert angles is not None
    seen = torch.rand(p, p, generator=torch.Generator().manual_seed(3)) < 0.4
    found = angles.table(held_out(angles, seen))
    np.testing.assert_array_equal(found.numpy(), reference.held_out(op, seen.numpy()))


def test_answers_without_held_out_pairs_are_left_to_the_others() -> None:
    sample = random_sample("one-hot", "add", 31)
    seen = torch.ones(31, 31, dtype=torch.bool)
    a, b = torch.arange(31)[:, None], torch.arange(31)
    seen[(a + b) % 31 < 4] = False
    found = evidence(sample.logits, "add", seen, (2,))
    assert found.loss == pytest.approx(reference.consensus_loss(sample.logits.numpy(), "add", seen.numpy()))
    none = evidence(sample.logits, "add", torch.ones(31, 31, dtype=torch.bool), (2,))
    assert math.isnan(none.loss)
    assert none.key_loss is None


def test_chance_is_found_significant_as_rarely_as_it_says() -> None:
    drawn = torch.Generator().manual_seed(1)
    seen = make_task(Config(p=31)).train_mask
    found = [evidence(torch.randn(31, 31, 31, generator=drawn).double(), "add", seen, (1, 4, 9)) for _ in range(200)]
    for values in ([one.p_value for one in found], [one.key_p_value or 0.0 for one in found]):
        assert 0.01 < np.mean([value <= 0.05 for value in values]) < 0.1
        assert np.mean([value <= SIGNIFICANT for value in values]) <= 0.02
        assert 0.4 < np.mean(values) < 0.6


@given(st.integers(0, 4), st.floats(0.5, 50))
def test_the_evidence_depends_on_no_shift_of_all_logits(shift: int, scale: float) -> None:
    sample = trained_sample("one-hot", "add")
    moved = sample.logits + scale * torch.randn(31, 31, 1, generator=torch.Generator().manual_seed(shift)).double()
    plain, other = (evidence(logits, "add", sample.train, sample.keys) for logits in (sample.logits, moved))
    assert other.loss == pytest.approx(plain.loss, rel=1e-6)
    assert (other.p_value, other.key_p_value) == (plain.p_value, plain.key_p_value)
