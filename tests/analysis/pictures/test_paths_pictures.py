from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.analysis.models import random_sample, trained_sample
from tests.analysis.pictures.subjects import picture, subject_of


def test_a_straight_way_lies_on_one_component() -> None:
    now = subject_of(random_sample("one-hot", "add", 31), step=300)
    pages = [
        replace(now, step=step, parameters={name: w * (step / 300) for name, w in now.parameters.items()})
        for step in (0, 100, 200)
    ]
    made = picture("path", replace(now, earlier=lambda: pages), {})
    assert made.arrays["steps"].tolist() == [0, 100, 200, 300]
    norm = math.sqrt(sum(float(w.square().sum()) for w in now.parameters.values()))
    np.testing.assert_allclose(made.arrays["points"][:, 0].numpy(), norm * np.array([-0.5, -1 / 6, 1 / 6, 0.5]))
    np.testing.assert_allclose(made.arrays["points"][:, 1].numpy(), 0, atol=1e-6 * norm)
    np.testing.assert_allclose(made.arrays["explained"].numpy(), [1, 0], atol=1e-9)
    assert not made.summary


def test_models_that_are_not_finite_are_left_out() -> None:
    now = subject_of(random_sample("one-hot", "add", 31), step=300)
    broken = replace(now, step=100, parameters={name: w * math.nan for name, w in now.parameters.items()})
    made = picture("path", replace(now, earlier=lambda: [broken]), {})
    assert made.arrays["steps"].tolist() == [300]
    assert "too few checkpoints" in made.summary
    alone = picture("path", broken, {})
    assert not alone.arrays
    assert "not finite" in alone.summary


def test_the_table_of_an_operation_in_order() -> None:
    made = picture("operation", subject_of(random_sample("one-hot", "divide", 13)), {})
    labels = made.arrays["labels"].numpy()
    assert (labels[:, 0] == -1).all()
    a, b = np.indices((13, 13))
    np.testing.assert_array_equal((labels * b % 13)[:, 1:], a[:, 1:])
    assert made.arrays["classes"].tolist() == [13]


@pytest.mark.parametrize(("op", "sign"), [("multiply", 1), ("divide", -1)])
def test_products_are_sums_of_logarithms(op: str, sign: int) -> None:
    made = picture("operation", subject_of(random_sample("one-hot", op, 13)), {"order": 1})
    i, j = np.indices((12, 12))
    np.testing.assert_array_equal(made.arrays["labels"].numpy(), (i + sign * j) % 12)
    assert made.arrays["places"].tolist() == [pow(2, i, 13) for i in range(12)]


def test_what_has_no_logarithm_is_not_labelled() -> None:
    labels = picture("operation", subject_of(random_sample("one-hot", "add", 13)), {"order": 1}).arrays["labels"]
    order = [pow(2, i, 13) for i in range(12)]
    for i, j in ((0, 6), (3, 5), (11, 2)):
        answer = (order[i] + order[j]) % 13
        assert int(labels[i, j]) == (order.index(answer) if answer else -1)
    made = picture("operation", subject_of(random_sample("one-hot", "multiply", 15)), {"order": 1})
    assert not made.arrays
    assert "not a prime" in made.summary


def test_probes_know_a_sum_in_the_neurons_of_a_grokked_model() -> None:
    found = trained_sample("transformer", "add")
    made = picture("probes", subject_of(found), {})
    assert made.arrays["frequencies"].tolist() == sorted(found.keys)
    layers = list(made.names["layer"])
    r2 = made.arrays["r2"]
    assert r2.shape == (len(layers), len(found.keys), 3)
    assert float(r2[layers.index("0.neurons"), :, 2].max()) > 0.9
    fresh = picture("probes", subject_of(random_sample("transformer", "add")), {})
    assert float(fresh.arrays["r2"][layers.index("0.neurons"), :, 2].max()) < 0.5


def test_probes_say_why_there_are_none() -> None:
    made = picture("probes", subject_of(random_sample("one-hot", "x2+y2", 31)), {})
    assert not made.arrays
    assert made.summary.startswith("no invertible basis")
