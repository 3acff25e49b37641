from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
import torch

from tests.analysis.models import random_sample, trained_sample
from tests.analysis.pictures.subjects import of_the_past, picture, subject_of


def test_circles_come_the_strongest_first_each_with_its_own_residues() -> None:
    subject = replace(subject_of(trained_sample("one-hot")), estimate=lambda norms: (7, 2, 5))
    made = picture("circles", subject, {})
    assert made.arrays["frequencies"].tolist() == [7, 2, 5]
    for k, points in zip((7, 2, 5), made.arrays["circles"], strict=True):
        alone = picture("circles", replace(subject, estimate=partial(lambda k, norms: (k,), k)), {}).arrays["circles"][
            0
        ]
        torch.testing.assert_close(points, alone)


def test_without_key_frequencies_the_past_is_seen_at_the_strongest_of_now() -> None:
    now = replace(subject_of(random_sample("one-hot", "add", 31)), estimate=lambda norms: ())
    then = of_the_past(replace(subject_of(trained_sample("one-hot")), estimate=lambda norms: ()), now)
    wanted = (now.norms.argsort(descending=True)[:3] + 1).tolist()
    assert (then.norms.argsort(descending=True)[:3] + 1).tolist() != wanted
    for subject in (now, then):
        assert picture("circles", subject, {}).arrays["frequencies"].tolist() == wanted


def test_residues_of_a_product_stand_by_their_logarithms() -> None:
    made = picture("circles", subject_of(random_sample("mlp", "multiply", 13)), {})
    assert made.arrays["residues"].tolist() == [pow(2, i, 13) for i in range(12)]
    assert made.summary == "key frequencies; over logarithms to base 2"


def test_components_on_axes_of_now_are_a_shadow_on_them() -> None:
    now = subject_of(random_sample("transformer", "add", 31), step=900)
    fresh = random_sample("transformer", "subtract", 31)
    then = of_the_past(replace(subject_of(fresh), config=now.config), now)
    rows, old = (subject.parameters["W_E"][:31].numpy() for subject in (now, then))
    axes = np.linalg.svd(rows - rows.mean(0))[2][:2].T
    points = picture("components", then, {"axes": 0}).arrays["points"].numpy()
    np.testing.assert_allclose(np.abs(points), np.abs((old - old.mean(0)) @ axes), rtol=1e-9, atol=1e-9)
    own = picture("components", then, {"axes": 1})
    torch.testing.assert_close(
        own.arrays["points"], picture("components", replace(then, present=None), {}).arrays["points"]
    )
    assert own.summary.startswith("its own axes")
    assert float(own.arrays["explained"].sum()) >= float(
        picture("components", then, {}).arrays["explained"].sum() - 1e-12
    )


def test_the_frequency_of_components_is_that_of_their_circle() -> None:
    subject = subject_of(random_sample("mlp", "add", 31))
    t = 2 * torch.pi * 6 * torch.arange(31, dtype=torch.float64) / 31
    circle = torch.stack([t.cos(), t.sin()], -1) @ torch.randn(2, 16, dtype=torch.float64)
    made = picture("components", replace(subject, parameters={**subject.parameters, "E_a": circle, "E_b": circle}), {})
    assert made.arrays["frequency"].tolist() == [6]
    assert float(made.arrays["explained"].sum()) == pytest.approx(1)


def test_components_are_defined_without_frequencies() -> None:
    made = picture("components", subject_of(random_sample("one-hot", "x3+xy", 13)), {})
    assert made.arrays["frequency"].tolist() == [0]
    assert made.arrays["points"].shape == (13, 2)


def test_another_first_layer_has_no_common_axes() -> None:
    now = subject_of(random_sample("transformer", "add", 13))
    then = of_the_past(subject_of(random_sample("one-hot", "add", 13)), now)
    assert "choose its own axes" in picture("components", then, {}).summary
    assert picture("components", then, {"axes": 1}).arrays


def test_shares_of_variance_against_numpy() -> None:
    sample = random_sample("one-hot", "add", 31)
    made = picture("variance", subject_of(sample), {})
    rows = np.concatenate([sample.parameters[name].numpy() for name in ("W_a", "W_b")], axis=1)
    values = np.linalg.eigvalsh(np.cov(rows.T))[::-1][:31]
    np.testing.assert_allclose(made.arrays["shares"].numpy(), values / values.sum(), rtol=1e-9, atol=1e-12)
    assert made.arrays["total"].tolist() == [31]
