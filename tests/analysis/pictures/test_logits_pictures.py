from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from grokterm.analysis.model_at_step import ModelAtStep
from tests.analysis.models import random_sample, trained_sample
from tests.analysis.pictures.subjects import picture, subject_of


def directions(p: int, keys: tuple[int, ...]) -> list[np.ndarray]:
    """The unit directions of cos w(a + b) and sin w(a + b), [p, p] each, by their definition."""
    a, b = np.indices((p, p))
    found = [wave(2 * np.pi * k * (a + b) / p) for k in keys for wave in (np.cos, np.sin)]
    return [u / np.linalg.norm(u) for u in found]


@pytest.mark.parametrize("arch", ["one-hot", "mlp", "transformer"])
def test_restricted_logits_of_a_class_are_its_projection(arch: str) -> None:
    found = random_sample(arch, "add", 31)
    made = picture("restricted", subject_of(found), {"class": 7})
    full = found.logits[..., 7].numpy()
    full = full - full.mean()
    only = sum(u * (u * full).sum() for u in directions(31, found.keys))
    np.testing.assert_allclose(made.arrays["full"].numpy(), full, atol=1e-8)
    np.testing.assert_allclose(made.arrays["restricted"].numpy(), only, atol=1e-8)
    share = 1 - ((full - only) ** 2).sum() / (full**2).sum()
    assert float(made.arrays["explained"][0]) == pytest.approx(share, abs=1e-8)
    assert made.arrays["keys"].tolist() == list(found.keys)


def test_a_model_of_key_frequencies_alone_is_explained_wholly() -> None:
    subject = waves(23, (2, 5))
    made = picture("restricted", subject, {"class": 3})
    assert float(made.arrays["explained"][0]) == pytest.approx(1)
    torch.testing.assert_close(made.arrays["full"], made.arrays["restricted"], atol=1e-9, rtol=0)
    without = picture("restricted", replace(subject, estimate=lambda norms: (4,)), {"class": 3})
    assert float(without.arrays["explained"][0]) == pytest.approx(0, abs=1e-9)


def test_products_show_their_stripes_by_logarithms() -> None:
    found = trained_sample("one-hot", "multiply", 31)
    made = picture("restricted", subject_of(found), {"class": 3})
    only = made.arrays["restricted"]
    assert made.names["axes"] == ("log a", "log b")
    torch.testing.assert_close(only[1:, :-1], only[:-1, 1:], atol=1e-8, rtol=0)
    full = picture("restricted", subject_of(found), {"class": 3}).arrays["full"]
    order = [pow(3, i, 31) for i in range(30)]
    logits = found.logits[..., 3]
    torch.testing.assert_close(full, (logits - logits[1:, 1:].mean())[order][:, order], atol=1e-8, rtol=0)


def test_restricted_logits_say_why_there_are_none() -> None:
    made = picture("restricted", subject_of(random_sample("one-hot", "x3+xy", 31)), {})
    assert not made.arrays
    assert made.summary.startswith("no invertible basis")


def test_the_correct_logit_of_every_pair() -> None:
    found = random_sample("one-hot", "divide", 13)
    made = picture("correct_logit", subject_of(found), {})
    values = made.arrays["values"].numpy()
    labels = found.labels.numpy()
    assert np.isnan(values[:, 0]).all()
    for a, b in ((0, 1), (3, 4), (12, 12)):
        assert values[a, b] == pytest.approx(float(found.logits[a, b, labels[a, b]]))


def test_of_many_residues_some_are_taken() -> None:
    found = random_sample("one-hot", "add", 211)
    made = picture("correct_logit", subject_of(found), {})
    assert made.arrays["stride"].tolist() == [2]
    assert made.arrays["values"].shape == (106, 106)
    assert float(made.arrays["values"][3, 50]) == pytest.approx(float(found.logits[6, 100, 106]))


def test_losses_of_train_and_test_pairs_over_the_run() -> None:
    now, first = subject_of(trained_sample("one-hot"), step=600), subject_of(random_sample("one-hot"), step=0)
    first = replace(first, config=replace(first.config, width=48))
    now = replace(now, earlier=lambda: [first])
    made = picture("losses", now, {})
    assert made.arrays["steps"].tolist() == [0, 600]
    for name in ("train", "test"):
        values = made.arrays[name]
        assert values.shape == (100, 2)
        assert (values.diff(dim=0) >= 0).all()
        assert float(values[:, 1].median()) < 0.1 * float(values[:, 0].median())
    found = trained_sample("one-hot")
    p = found.config.p
    losses = torch.nn.functional.cross_entropy(found.logits.view(p * p, p), found.labels.flatten(), reduction="none")
    trained = losses[found.train.flatten()]
    assert float(made.arrays["train"][-1, 1]) == pytest.approx(float(trained.max()))
    assert float(made.arrays["train"][0, 1]) == pytest.approx(float(trained.min()), abs=1e-12)


def test_a_set_without_pairs_has_no_losses() -> None:
    found = random_sample("one-hot", "add", 5)
    made = picture("losses", replace(subject_of(found), train=torch.zeros(5, 5, dtype=torch.bool)), {})
    assert made.arrays["train"].isnan().all()
    assert made.arrays["test"].isfinite().all()
    assert made.summary


def waves(p: int, keys: tuple[int, ...]) -> ModelAtStep:
    """A network with quadratic neurons whose logits are Σ_k cos w_k(a + b − c) and what the mean takes away."""
    sample = random_sample("one-hot", "add", p)
    config = replace(sample.config, activation="quadratic", width=8 * len(keys))
    n = torch.arange(p).double()
    columns, rows = [], []
    for k in keys:
        w = 2 * math.pi * k / p
        for phase in (0.0, math.pi / 2, math.pi, 3 * math.pi / 2):
            for sign in (1.0, -1.0):
                # (cos x ± cos y)² summed over both signs leaves ±2 cos x cos y, of which phases make cos(x + y).
                columns.append((torch.cos(w * n + phase), sign * torch.cos(w * n + phase)))
                rows.append(sign * torch.cos(-w * n - 2 * phase))
    zeros = torch.zeros(config.width).double()
    parameters = {
        "W_a": torch.stack([a for a, _ in columns], -1),
        "W_b": torch.stack([b for _, b in columns], -1),
        "b_1": zeros,
        "W_out": torch.stack(rows),
        "b_out": torch.zeros(p).double(),
    }
    return replace(subject_of(sample), config=config, parameters=parameters, estimate=lambda norms: keys)
