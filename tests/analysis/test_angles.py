from __future__ import annotations

import pytest
import torch

from grokterm.analysis.angles import angles_of
from grokterm.lab.tasks import operation_table
from tests.analysis.models import OPERATIONS
from tests.reference import measures_numpy as reference


@pytest.mark.parametrize("p", [5, 31, 97])
@pytest.mark.parametrize("op", OPERATIONS)
def test_the_answer_depends_on_the_sum_of_angles(op: str, p: int) -> None:
    angles = angles_of(op, p)
    assert angles is not None
    assert angles.n == (p if op in ("add", "subtract") else p - 1)
    assert torch.equal(angles.table(operation_table(p, op)), angles.c[angles.sums()])
    for ours, theirs in zip((angles.a, angles.b, angles.c), reference.group(op, p), strict=True):
        assert ours.tolist() == theirs.tolist()


@pytest.mark.parametrize("op", ["x2+y2", "x2+xy+y2", "x2+xy+y2+x", "x3+xy", "x3+xy2+y"])
def test_other_operations_add_no_angles(op: str) -> None:
    assert angles_of(op, 31) is None


def test_multiplication_mod_a_composite_adds_no_angles() -> None:
    assert angles_of("multiply", 12) is None
    assert angles_of("add", 12) is not None


@pytest.mark.parametrize("op", OPERATIONS)
def test_rows_are_the_rearranged_table(op: str) -> None:
    p = 7
    angles = angles_of(op, p)
    assert angles is not None
    logits = torch.randn(2, p, p, p)
    expected = torch.stack([angles.table(logits[..., c]) for c in range(p)], -1)
    a, b = angles.pairs()
    asked = angles.rows_of(lambda a, b: logits[:, a, b])
    for rows in (angles.rows(logits), asked):
        got = torch.cat([rows(0, 2), rows(2, angles.n)], -3)
        assert torch.equal(got, expected)
    assert torch.equal(logits[:, a, b], expected.flatten(-3, -2))


def test_the_lookup_tells_the_angle_and_who_is_outside() -> None:
    angles = angles_of("multiply", 7)
    assert angles is not None
    lookup = angles.lookup()
    assert (lookup[0] == 6).all()
    assert (lookup[:, 0] == 6).all()
    assert torch.equal(angles.c[lookup[1:, 1:]], operation_table(7, "multiply")[1:, 1:])


def test_frequencies_count_once_and_have_limits() -> None:
    angles = angles_of("add", 12)
    assert angles is not None
    like = torch.zeros((), dtype=torch.float64)
    assert torch.equal(angles.basis([2, 10, 2], like), angles.basis([2], like))
    assert angles.basis([6], like).shape == (1, 12)
    assert angles.basis([], like).shape == (0, 12)
    for k in (0, 12, -1):
        with pytest.raises(ValueError, match="is not from 1 to 11"):
            angles.basis([k], like)
