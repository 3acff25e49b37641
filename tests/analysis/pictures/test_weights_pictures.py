from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import torch

from grokterm.analysis.model_at_step import ModelAtStep
from tests.analysis.models import random_sample
from tests.analysis.pictures.subjects import of_the_past, picture, subject_of


def with_past(now: ModelAtStep, steps: Sequence[int]) -> ModelAtStep:
    """A subject whose weights grew evenly from 0 at step 0."""
    pages = [
        replace(now, step=step, parameters={name: w * (step / now.step) for name, w in now.parameters.items()})
        for step in steps
    ]
    return replace(now, earlier=lambda: pages)


def test_each_matrix_is_shown_as_it_is_and_named() -> None:
    subject = subject_of(random_sample("transformer", "add", 31))
    first = picture("matrices", subject, {})
    assert first.names["matrix"][0] == "W_E"
    assert first.names["axes"] == ("residue, last =", "dimension")
    for at, name in enumerate(first.names["matrix"]):
        made = picture("matrices", subject, {"matrix": at})
        torch.testing.assert_close(made.arrays["values"], subject.parameters[name])
        assert made.arrays["shape"].tolist() == list(subject.parameters[name].shape)


def test_a_large_matrix_keeps_its_largest_numbers() -> None:
    subject = subject_of(random_sample("one-hot", "add", 31))
    weights = torch.zeros(31, 48)
    weights = torch.cat([weights, torch.zeros(200, 48)]).repeat(1, 10)
    weights[17, 333] = -5.0
    large = replace(subject, config=subject.config.changed({"p": 231, "width": 480}))
    made = picture("matrices", replace(large, parameters={**subject.parameters, "W_a": weights}), {})
    assert made.arrays["values"].shape == (116, 200)
    assert float(made.arrays["values"].min()) == -5.0
    assert 1 <= int((made.arrays["values"] != 0).sum()) <= 4  # blocks overlap where sizes do not divide


def test_neurons_by_frequency_are_the_same_columns_sorted() -> None:
    subject = subject_of(random_sample("one-hot", "add", 31))
    plain = picture("matrices", subject, {}).arrays["values"].numpy()
    ordered = picture("matrices", subject, {"neurons": 1}).arrays["values"].numpy()
    assert not np.array_equal(plain, ordered)
    assert sorted(map(tuple, plain.T)) == sorted(map(tuple, ordered.T))
    both = np.concatenate([subject.parameters["W_a"].numpy(), subject.parameters["W_b"].numpy()])
    power = np.sum([np.abs(np.fft.rfft(part, axis=0))[1:] ** 2 for part in np.split(both, 2)], 0)
    best = power.argmax(0)
    columns = [int(np.abs(plain - column[:, None]).sum(0).argmin()) for column in ordered.T]
    assert (np.diff(best[columns]) >= 0).all()


def test_a_matrix_at_eight_steps_ends_now() -> None:
    now = with_past(subject_of(random_sample("one-hot", "add", 31), step=240), range(0, 240, 10))
    made = picture("matrix_over_time", now, {"matrix": 2})
    steps = made.arrays["steps"].tolist()
    assert len(steps) == 8
    assert (steps[0], steps[-1]) == (0, 240)
    assert np.ptp(np.diff(steps)) <= 10
    for values, step in zip(made.arrays["values"], steps, strict=True):
        torch.testing.assert_close(values, now.parameters["W_out"] * (step / 240))


def test_of_a_large_matrix_the_first_residues_and_neurons_from_everywhere() -> None:
    now = subject_of(random_sample("one-hot", "add", 31))
    made = picture("matrix_over_time", now, {"rows": 10, "columns": 12})
    torch.testing.assert_close(made.arrays["values"][0], now.parameters["W_a"][:10, ::4])


def test_a_fresh_run_has_the_present_alone() -> None:
    made = picture("matrix_over_time", subject_of(random_sample("one-hot", "add", 31)), {})
    assert made.arrays["values"].shape[0] == 1
    assert "still to come" in made.summary


def test_the_past_stands_in_the_order_of_now_where_it_has_the_same_neurons() -> None:
    now, then = (subject_of(random_sample("one-hot", op, 31), step) for op, step in (("add", 9), ("add", 1)))
    shuffled = {
        name: value.flip(-1) if name in ("W_a", "W_b", "b_1") else value for name, value in then.parameters.items()
    }
    then = of_the_past(replace(then, parameters=shuffled), now)
    chosen = {"neurons": 1}
    mine = picture("matrices", then, chosen).arrays["values"]
    alone = picture("matrices", replace(then, present=None), chosen).arrays["values"]
    assert not torch.equal(mine, alone)
    other = subject_of(random_sample("transformer", "add", 31), 9)
    torch.testing.assert_close(picture("matrices", of_the_past(then, other), chosen).arrays["values"], alone)


def test_nan_weights_stay_nan() -> None:
    subject = subject_of(random_sample("one-hot", "add", 31))
    broken = {name: value * math.nan for name, value in subject.parameters.items()}
    for chosen in ({}, {"neurons": 1}):
        assert picture("matrices", replace(subject, parameters=broken), chosen).arrays["values"].isnan().all()
