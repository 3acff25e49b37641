"""What the guide claims and can be calculated: exact values."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
import torch

from grokterm.analysis.angles import angles_of
from grokterm.analysis.measures import cross_entropy, softmax_collapse
from grokterm.analysis.probes import probes
from grokterm.config import Config
from grokterm.lab.losses import cross_entropy_and_gradient
from grokterm.lab.models import build
from grokterm.lab.seeds import generator
from grokterm.lab.tasks import make_task, operation_table
from grokterm.tasks.operations import group_order
from grokterm.tasks.rules import OPERATIONS


def at_gap(gap: float, classes: int) -> torch.Tensor:
    """Logits float32 [1, classes] of which the first is above all others."""
    logits = torch.zeros(1, classes)
    logits[0, 0] = gap
    return logits


@pytest.mark.parametrize("classes", [2, 97, 113])
def test_a_loss_of_float32_is_0_where_exp_is_and_not_where_its_softmax_is_1(classes: int) -> None:
    right = torch.zeros(1, dtype=torch.int64)
    # exp(−86) is a normal number of float32; exp(−105) is less than half of the smallest of all.
    for gap, is_zero in ((86, False), (105, True)):
        logits = at_gap(gap, classes)
        assert (float(cross_entropy_and_gradient(logits, right)[0]) == 0) == is_zero
        assert (float(cross_entropy(logits, right)) == 0) == is_zero
    assert 150 * math.log(2) == pytest.approx(103.97, abs=0.005)


@pytest.mark.parametrize(("classes", "said"), [(2, 16.6), (97, 21.2), (113, 21.4)])
def test_the_softmax_sum_is_1_from_a_gap_that_grows_with_the_classes(classes: int, said: float) -> None:
    two, all_of_them = 24 * math.log(2), 24 * math.log(2) + math.log(classes - 1)
    assert two == pytest.approx(16.6, abs=0.05)
    assert all_of_them == pytest.approx(said, abs=0.06)
    # Whatever the order of the sum: below the first no term is lost beside 1, above the other all of them are.
    assert softmax_collapse(at_gap(two - 0.01, classes)) == 0
    assert softmax_collapse(at_gap(all_of_them + 0.01, classes)) == 1


@pytest.mark.parametrize("op", list(OPERATIONS))
def test_every_operation_is_right_by_the_angles_of_its_answer_and_only_a_group_has_them_in_its_inputs(
    op: str,
) -> None:
    p = 31
    answers, c = operation_table(p, op), torch.arange(p)
    k = torch.arange(1, (p - 1) // 2 + 1, dtype=torch.float64)
    angle = 2 * math.pi / p * ((answers[..., None] - c) % p).double()
    logits = (angle[..., None] * k).cos().sum(-1)
    defined = answers >= 0
    assert torch.equal(logits.argmax(-1)[defined], answers[defined])
    start = 1 if op in ("multiply", "divide") else 0  # the group leaves 0 out
    inside = answers[start:, start:]
    lines = [*inside, *inside.T]
    is_latin = all(len(set(line.tolist())) == len(line) for line in lines)
    assert is_latin == (group_order(op, p) is not None)


def test_a_cosine_alone_does_not_tell_n_from_minus_n_and_a_sine_does_for_an_odd_p() -> None:
    for p, k in ((97, 1), (97, 35), (113, 4)):
        angle = 2 * math.pi / p * (k * torch.arange(p) % p).double()
        assert len(set(angle.cos().mul(1e9).round().tolist())) == (p + 1) // 2
        assert len(set(angle.sin().mul(1e9).round().tolist())) == p


@pytest.mark.parametrize(("n", "k"), [(97, 35), (96, 35), (96, 36), (12, 4), (15, 6)])
def test_neighbours_on_a_ring(n: int, k: int) -> None:
    common = math.gcd(k, n)
    places: dict[int, list[int]] = {}
    for residue in range(n):
        places.setdefault(k * residue % n, []).append(residue)
    assert len(places) == n // common
    assert {len(found) for found in places.values()} == {common}
    ring = [places[place] for place in sorted(places)]
    apart = pow(k // common, -1, n // common)
    assert all((after[0] - before[0]) % (n // common) == apart for before, after in pairwise(ring))


@pytest.mark.parametrize(
    ("arch", "p", "layer", "wanted"),
    [
        ("one-hot", 97, "sum", 1.0),
        ("mlp", 97, "sum", 1.0),
        ("mlp", 193, "sum", 0.62),
        ("transformer", 97, "0.attention", 0.59),
        ("transformer", 113, "0.attention", 0.52),
        ("transformer", 193, "0.attention", 0.29),
    ],
)
def test_what_probes_read_from_an_untrained_model(arch: str, p: int, layer: str, wanted: float) -> None:
    config = Config(p=p).changed({"arch": arch})
    parameters = build(config).init(generator(0, "parameters", 0))
    angles = angles_of("add", p)
    assert angles is not None
    found = probes(config, parameters, angles, (1, p // 5, p // 3), make_task(config).train_mask)[layer].mean(0)
    assert found[:2].mean() == pytest.approx(wanted, abs=0.01)
    assert -0.4 < found[2] < 0
