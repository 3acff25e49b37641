from __future__ import annotations

import math
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from grokterm.analysis.activations import Parameters, activations, input_tables
from grokterm.analysis.angles import angles_of
from grokterm.analysis.circuits import circularity, distance_irrelevance, gradient_symmetricity, triples
from grokterm.analysis.fourier import over_basis
from grokterm.analysis.logits import correct_logits
from grokterm.analysis.pairs import logits_from_table
from grokterm.config import Config
from grokterm.lab.models import build
from tests.analysis.models import Sample, random_sample, sample, small, trained_sample
from tests.reference import measures_numpy as reference

PRECISIONS = [(torch.float64, 1e-9), (torch.float32, 1e-5)]


def ideal(p: int, keys: tuple[int, ...], pizza: bool, dtype: torch.dtype) -> Tensor:
    """Clock logits Σ_k cos w_k(a + b − c), or pizza logits, each times |cos(w_k(a − b)/2)|: [p, p, p]."""
    a, b, c = torch.meshgrid(*[torch.arange(p, dtype=torch.float64)] * 3, indexing="ij")
    found = torch.zeros(p, p, p, dtype=torch.float64)
    for k in keys:
        w = 2 * math.pi * k / p
        found += (w * (a + b - c)).cos() * ((w * (a - b) / 2).cos().abs() if pizza else 1)
    return found.to(dtype)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
def test_an_ideal_pizza_depends_on_the_distance_alone_and_an_ideal_clock_on_nothing(dtype: torch.dtype) -> None:
    p = 59
    angles = angles_of("add", p)
    assert angles is not None
    labels = angles.c[angles.sums()]
    for pizza in (True, False):
        answer = logits_from_table(ideal(p, (3, 8, 20), pizza, dtype))
        q = float(distance_irrelevance(correct_logits(answer, labels), angles))
        assert math.isnan(q) if not pizza else abs(q) < 1e-5


@pytest.mark.parametrize(("dtype", "tolerance"), PRECISIONS)
@pytest.mark.parametrize("make", [random_sample, trained_sample])
@pytest.mark.parametrize(("arch", "op"), [("one-hot", "add"), ("one-hot", "subtract"), ("transformer", "add")])
def test_distance_irrelevance_against_the_definition(
    make: Callable[..., Sample], arch: str, op: str, dtype: torch.dtype, tolerance: float
) -> None:
    found = make(arch, op, 31, dtype)
    angles = found.angles
    correct = angles.table(correct_logits(logits_from_table(found.logits), found.labels))
    expected = reference.distance_irrelevance(correct.double().numpy())
    assert float(distance_irrelevance(correct, angles)) == pytest.approx(expected, rel=tolerance)
    both = distance_irrelevance(torch.stack([correct, 2 * correct]), angles)
    assert both.tolist() == pytest.approx([expected] * 2, rel=tolerance)


def test_distance_irrelevance_over_an_even_group() -> None:
    found = random_sample("one-hot", "multiply", 31)
    angles = found.angles
    correct = angles.table(correct_logits(logits_from_table(found.logits), found.labels))
    by_distance = [torch.stack([correct[(j + d) % 30, j] for j in range(30)]).std(correction=0) for d in range(30)]
    expected = torch.stack(by_distance).mean() / correct.std(correction=0)
    assert float(distance_irrelevance(correct, angles)) == pytest.approx(float(expected), rel=1e-12)


@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.float64, 1e-9), (torch.float32, 1e-4)])
@pytest.mark.parametrize("make", [random_sample, trained_sample])
def test_circularity_against_the_definition(make: Callable[..., Sample], dtype: torch.dtype, tolerance: float) -> None:
    found = make("transformer", "add", 31, dtype)
    embedding = found.model.input_tables(found.parameters)[0]
    expected = reference.circularity(embedding.double().numpy())
    assert float(circularity(embedding)) == pytest.approx(expected, rel=tolerance)


@pytest.mark.parametrize("n", [31, 30])
def test_circularity_of_two_circles_is_one_and_of_noise_is_small(n: int) -> None:
    t = torch.arange(n, dtype=torch.float64) * 2 * math.pi / n
    circles = torch.stack([3 * (2 * t).cos(), 3 * (2 * t).sin(), (7 * t).cos(), (7 * t).sin()], -1)
    turned = torch.linalg.qr(torch.randn(9, 9, dtype=torch.float64, generator=torch.Generator().manual_seed(0))).Q[:4]
    assert float(circularity(circles @ turned + 5)) == pytest.approx(1)
    noise = torch.randn(5, n, 64, generator=torch.Generator().manual_seed(1))
    assert (circularity(noise) < 0.5).all()


def test_gradient_symmetricity_against_finite_differences() -> None:
    found = random_sample("transformer", "add", 31)
    of = triples(31, 6)
    cosines = []
    table_a = table_b = found.parameters["W_E"]
    for a, b, c in of.tolist():
        slopes = []
        for which in (0, 1):
            size, h = 16, 1e-6
            shift = torch.cat([torch.eye(size), -torch.eye(size)]).double() * h
            x = [table_a[a].expand(2 * size, -1), table_b[b].expand(2 * size, -1)]
            x[which] = x[which] + shift
            row = torch.arange(2 * size)
            at = activations(found.config, found.parameters, row, row, (x[0], x[1]))["logits"][:, c]
            slopes.append((at[:size] - at[size:]) / (2 * h))
        cosines.append(torch.nn.functional.cosine_similarity(slopes[0], slopes[1], dim=0))
    got = gradient_symmetricity(found.config, found.parameters, of)
    assert got is not None
    assert float(got) == pytest.approx(float(torch.stack(cosines).mean()), rel=1e-5)


def test_gradient_symmetricity_of_a_symmetric_network_is_one() -> None:
    config = small("transformer", "add", 7, width=24, d_model=8)
    fresh = {name: value.double() for name, value in build(config).init(torch.Generator().manual_seed(0)).items()}
    for name in ("0.W_Q", "0.W_K"):
        fresh[name] = torch.zeros_like(fresh[name])
    fresh["W_pos"][1] = fresh["W_pos"][0]
    got = gradient_symmetricity(config, {k: torch.stack([v, v]) for k, v in fresh.items()}, triples(7, 50))
    assert got is not None
    assert got.tolist() == pytest.approx([1, 1])


@pytest.mark.parametrize(("arch", "op"), [("one-hot", "add"), ("mlp", "add"), ("transformer", "subtract"),
                                          ("transformer", "multiply"), ("transformer", "x3+xy")])  # fmt: skip
def test_gradient_symmetricity_is_defined_for_addition_with_one_embedding(arch: str, op: str) -> None:
    config = small(arch, op, 31)
    fresh = build(config).init(torch.Generator().manual_seed(0))
    assert gradient_symmetricity(config, fresh, triples(31, 5)) is None


def _cosine(config: Config, parameters: Parameters, of: Tensor) -> float:
    """Mean cosine between the gradients by both input rows, of any architecture."""
    (a, b, c), tables = of.unbind(-1), input_tables(config, parameters)
    x_a, x_b = (table[at].clone().requires_grad_() for table, at in zip(tables, (a, b), strict=True))
    row = torch.arange(len(a))
    logits = activations(config, parameters, row, row, (x_a, x_b))["logits"]
    of_a, of_b = torch.autograd.grad(logits.gather(-1, c[:, None]).sum(), (x_a, x_b))
    return float(torch.nn.functional.cosine_similarity(of_a, of_b).mean())


def _turn(size: int, seed: int) -> Tensor:
    drawn = torch.randn(size, size, dtype=torch.float64, generator=torch.Generator().manual_seed(seed))
    turn: Tensor = torch.linalg.qr(drawn).Q
    return turn


def test_the_bases_of_two_embeddings_decide_the_cosine_and_no_logit() -> None:
    config = small("mlp", "add", 31, d_model=24, width=64)
    fresh = {name: value.double() for name, value in build(config).init(torch.Generator().manual_seed(0)).items()}
    fresh["W_b"], fresh["E_b"] = fresh["W_a"].clone(), fresh["E_a"].clone()  # symmetric in a and b
    turn, of = _turn(24, 1), triples(31, 200)
    turned = fresh | {"E_b": fresh["E_b"] @ turn, "W_b": turn.mT @ fresh["W_b"]}
    model, (a, b) = build(config), torch.cartesian_prod(torch.arange(31), torch.arange(31)).unbind(-1)
    assert float((model.logits(fresh, a, b) - model.logits(turned, a, b)).abs().max()) < 1e-14
    assert _cosine(config, fresh, of) == pytest.approx(1)
    assert abs(_cosine(config, turned, of)) < 0.3


def test_the_basis_of_one_embedding_decides_nothing() -> None:
    found = random_sample("transformer", "add", 31)
    d_model = found.config.d_model
    turn, of = _turn(d_model, 1), triples(31, 50)
    into, out = ("0.W_Q", "0.W_K", "0.W_V", "0.W_in", "W_U"), ("W_E", "W_pos", "0.W_O", "0.W_out", "0.b_out")
    turned = {
        name: turn.mT @ value if name in into else value @ turn if name in out else value
        for name, value in found.parameters.items()
    }
    before = gradient_symmetricity(found.config, found.parameters, of)
    after = gradient_symmetricity(found.config, turned, of)
    assert before is not None
    assert after is not None
    assert float(after) == pytest.approx(float(before), abs=1e-12)
    assert float(before) == pytest.approx(_cosine(found.config, found.parameters, of), abs=1e-12)


def test_triples_are_the_same_every_time() -> None:
    assert torch.equal(triples(31, 10), triples(31, 10))
    assert not torch.equal(triples(31, 10), triples(31, 10, seed=1))


def test_weights_that_are_not_finite_give_no_number() -> None:
    found = random_sample("transformer", "add", 31)
    broken = sample(found.config, {name: value * math.nan for name, value in found.parameters.items()}, (1,))
    embedding = over_basis(broken.model.input_tables(broken.parameters)[0], "residues")
    assert math.isnan(float(circularity(embedding)))
    correct = correct_logits(logits_from_table(broken.logits), broken.labels)
    assert math.isnan(float(distance_irrelevance(correct, broken.angles)))
    got = gradient_symmetricity(broken.config, broken.parameters, triples(31, 5))
    assert got is not None
    assert math.isnan(float(got))
