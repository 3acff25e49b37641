"""The gathered measures, and what they tell over a run to grokking."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, partial

import pytest
import torch
from msgspec.structs import asdict
from torch import Tensor

from grokterm.analysis.ablation import score
from grokterm.analysis.angles import angles_of
from grokterm.analysis.circuit_phases import CircuitPhases
from grokterm.analysis.key_frequencies import KeyFrequencies
from grokterm.analysis.measures import angle_means
from grokterm.analysis.pairs import logits_from_table
from grokterm.analysis.progress import gini_coefficients, progress, structure
from grokterm.analysis.spectrum import feature_count, spectrum
from grokterm.config import Config
from grokterm.lab.models.model import Model
from grokterm.measures import Measures, ProgressMeasures
from tests.analysis.models import make_engine, random_sample, sample, small, trained_sample
from tests.by_kernels import by_kernels
from tests.reference import measures_numpy as reference
from tests.reference.ablated_logits import without_frequencies


def concentration_of(
    model: Model, parameters: Mapping[str, Tensor], config: Config
) -> tuple[float | None, float | None]:
    return gini_coefficients(config, parameters, spectrum(model, parameters, config)[0])


@pytest.mark.parametrize("op", ["add", "divide"])
def test_measures_gathered_are_those_of_the_definitions(op: str) -> None:
    found = trained_sample("one-hot", op)
    known, train = found.logits.numpy(), found.train.numpy()
    got = progress(found.config, logits_from_table(found.logits), found.train, found.train, found.keys)
    assert [got.restricted_loss, got.restricted_train_loss, got.restricted_test_loss] == pytest.approx(
        reference.restricted_loss(known, op, found.keys, train), rel=1e-9
    )
    assert got.excluded_loss == pytest.approx(reference.excluded_loss(known, op, found.keys, train), rel=1e-9)
    assert got.variance_share == pytest.approx(reference.variance_share(known, op, found.keys), rel=1e-9)
    assert got.consensus_loss == pytest.approx(reference.consensus_loss(known, op, train), rel=1e-9)
    assert got.key_consensus_loss == pytest.approx(reference.consensus_loss(known, op, train, found.keys), rel=1e-9)


def test_measures_are_those_of_the_logits_that_the_loss_sees() -> None:
    found = trained_sample("one-hot", "add")
    plain = Config().changed({**found.config.as_dict(), "temperature": 1.0})
    halved = progress(plain, logits_from_table(found.logits / 2), found.train, found.train, found.keys)
    warm = plain.changed({"temperature": 2.0})
    assert progress(warm, logits_from_table(found.logits), found.train, found.train, found.keys) == halved


@pytest.mark.parametrize("loss", ["mse", "hinge"])
def test_a_loss_that_makes_no_probabilities_has_no_measures(loss: str) -> None:
    found = trained_sample("one-hot", "add")
    config = found.config.changed({"loss": loss})
    got = progress(config, logits_from_table(found.logits), found.train, found.train, found.keys)
    assert set(asdict(got).values()) == {None}


@pytest.mark.parametrize("op", ["add", "divide"])
def test_concentration_is_that_of_the_definitions(op: str) -> None:
    found = trained_sample("one-hot", op)
    got = concentration_of(found.model, found.parameters, found.config)
    rows = found.parameters["W_out"].numpy().T[reference.group(op, 31)[2]]
    assert got[1] == pytest.approx(reference.gini(reference.spectrum(rows)), rel=1e-9)
    first = torch.cat([found.parameters["W_a"], found.parameters["W_b"]], -1).numpy()[reference.group(op, 31)[0]]
    assert got[0] == pytest.approx(reference.gini(reference.spectrum(first)), rel=1e-6)


def test_a_model_answers_as_its_table_does() -> None:
    found = random_sample("transformer", "multiply")
    answer = partial(found.model.logits, found.parameters)
    direct = progress(found.config, answer, found.train, found.train, ())
    table = progress(found.config, logits_from_table(found.logits), found.train, found.train, ())
    assert asdict(direct) == pytest.approx(asdict(table))
    assert direct.consensus_loss is not None
    assert (direct.excluded_loss, direct.restricted_loss, direct.key_consensus_loss) == (None, None, None)
    assert structure(found.config, found.parameters, answer, found.labels).circularity is not None


def test_an_operation_that_adds_no_angles_has_no_progress() -> None:
    config = small("one-hot", "x2+y2", 7, width=16)
    found = sample(config, random_sample("one-hot", "add", 7).model.init(torch.Generator().manual_seed(0)), ())
    assert progress(config, logits_from_table(found.logits), found.train, found.train, ()) == ProgressMeasures(
        softmax_collapse=0.0
    )
    assert concentration_of(found.model, found.parameters, config) == (None, None)
    assert set(asdict(structure(config, found.parameters, logits_from_table(found.logits), found.labels)).values()) == {
        None
    }


@pytest.mark.parametrize("arch", ["one-hot", "mlp", "transformer"])
def test_weights_that_are_not_finite_give_no_measure(arch: str) -> None:
    found = random_sample(arch, "add")
    broken = {name: value * math.nan for name, value in found.parameters.items()}
    answer = partial(found.model.logits, broken)
    got = progress(found.config, answer, found.train, found.train, (1, 2))
    assert got.restricted_loss is None
    assert got.excluded_loss is None
    assert (got.consensus_loss, got.consensus_p_value, got.key_p_value) == (None, None, None)
    assert concentration_of(found.model, broken, found.config) == (None, None)
    assert structure(found.config, broken, answer, found.labels).distance_irrelevance is None


GROKS = small("transformer", "add", 59, heads=4, d_model=64, width=128, lr=5e-3)


@dataclass(frozen=True)
class Record:
    """One record of a run: its step, losses and accuracies, measures and estimate of key frequencies."""

    step: int
    measures: Measures
    gini_coefficients: tuple[float | None, float | None]
    progress: ProgressMeasures
    keys: tuple[int, ...]


@cache
def run_to_grokking() -> tuple[list[Record], Tensor, dict[str, Tensor]]:
    """A small transformer from its first step to well past grokking: records, the trained pairs, its last weights."""
    with by_kernels():
        return _run_to_grokking()


def _run_to_grokking() -> tuple[list[Record], Tensor, dict[str, Tensor]]:
    config, records = GROKS, []
    engine, keys = make_engine(config), KeyFrequencies(feature_count(config))
    train = torch.zeros(59**2, dtype=torch.bool)
    train[engine.task.train] = True
    pairs = torch.arange(59**2)
    for _ in range(20):
        norms, _, _ = spectrum(engine.model, engine.parameters, config)
        found = keys.update(norms)
        with torch.no_grad():
            logits = engine.model.logits(engine.parameters, pairs // 59, pairs % 59).view(59, 59, 59)
        got = progress(config, logits_from_table(logits), train.view(59, 59), train.view(59, 59), found)
        few = gini_coefficients(config, engine.parameters, norms)
        records.append(Record(engine.step, engine.measure(), few, got, found))
        engine.advance(20 if engine.step < 200 else 40)
    return records, train.view(59, 59), {name: value.detach().clone() for name, value in engine.parameters.items()}


def test_the_circuit_forms_before_the_model_generalizes() -> None:
    records, _, _ = run_to_grokking()
    start, end = records[0].progress, records[-1].progress
    assert records[-1].measures.test_accuracy > 0.99
    before = [r.progress for r in records if r.measures.test_accuracy < 0.5]
    assert start.restricted_loss is None
    assert start.consensus_loss == pytest.approx(math.log(59), rel=0.1)
    assert min(p.restricted_test_loss or math.inf for p in before) < 0.75 * math.log(59)
    assert min(p.key_consensus_loss or math.inf for p in before) < 0.75 * math.log(59)
    even, few = records[0].gini_coefficients, records[-1].gini_coefficients
    assert max(even[0] or 1, even[1] or 1) < 0.05
    assert (few[1] or 0) > 0.6
    assert (few[0] or 0) > 0.35
    lowest = min(p.excluded_loss or math.inf for p in before)
    assert (end.excluded_loss or 0) > 1.5 * lowest
    assert (end.variance_share or 0) > 0.9


def test_the_key_frequencies_of_the_end_were_estimated_before_grokking() -> None:
    records, _, _ = run_to_grokking()
    assert records[0].keys == ()
    grokked = next(r.step for r in records if r.measures.test_accuracy >= 0.99)
    early = {k for r in records if r.step < grokked for k in r.keys}
    assert set(records[-1].keys[:5]) <= early


def test_only_key_frequencies_are_missed() -> None:
    records, train, parameters = run_to_grokking()
    angles = angles_of("add", 59)
    assert angles is not None
    found = sample(GROKS, parameters, records[-1].keys)
    answer = logits_from_table(found.logits)
    mean = angle_means(logits_from_table(found.logits), angles).mean

    def without(k: int) -> float:
        return float(score(without_frequencies(answer, mean, angles, [k]), found.labels, train).test_accuracy)

    whole = float(score(answer, found.labels, train).test_accuracy)
    assert min(map(without, found.keys)) < whole - 0.1
    others = [k for k in range(1, 30) if all(k not in r.keys for r in records)]
    assert others
    assert all(abs(without(k) - whole) < 0.01 for k in others)


def test_a_model_that_grokked_has_a_few_key_frequencies_and_relies_on_them() -> None:
    records, train, parameters = run_to_grokking()
    assert 2 <= len(records[-1].keys) <= 9
    # Without its other frequencies the embedding still answers right; without its key ones it does not.
    assert accuracy_of(parameters, ~train, records[-1].keys, keep=True) > 0.9
    assert accuracy_of(parameters, ~train, records[-1].keys, keep=False) < 0.2


def accuracy_of(parameters: dict[str, Tensor], asked: Tensor, keys: tuple[int, ...], keep: bool) -> float:
    """Accuracy on pairs with an embedding reduced to the constant and either the key frequencies or the others."""
    transformed = torch.fft.rfft(parameters["W_E"][:59], dim=0)
    chosen = torch.tensor([k == 0 or (k in keys) == keep for k in range(transformed.shape[0])])
    changed = torch.cat([torch.fft.irfft(transformed * chosen[:, None], n=59, dim=0), parameters["W_E"][59:]])
    found = sample(GROKS, parameters | {"W_E": changed}, keys)
    return float((found.logits.argmax(-1) == found.labels)[asked].float().mean())


def test_the_phases_of_the_paper_come_in_their_order() -> None:
    records, _, _ = run_to_grokking()
    phases = CircuitPhases(59)
    began = [
        (r.step, name)
        for r in records
        for name, _ in phases.update(
            r.progress, r.measures.test_loss or math.nan, r.measures.sum_squared_weights or math.nan
        )
    ]
    assert [name for _, name in began] == ["circuit formation", "clean-up"]
    generalized = next(r.step for r in records if r.measures.test_accuracy > 0.9)
    assert began[0][0] < began[1][0] < generalized
