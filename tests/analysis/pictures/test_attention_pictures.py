from __future__ import annotations

import pytest
import torch

from grokterm.analysis.attention import average_pattern, equals_pattern
from grokterm.analysis.pictures.attention import SIDE
from tests.analysis.models import random_sample
from tests.analysis.pictures.subjects import picture, subject_of


@pytest.mark.parametrize("pairs", [0, 1, 2])
def test_average_patterns_are_those_of_all_train_or_test_pairs(pairs: int) -> None:
    sample = random_sample("transformer", "divide", 13)
    made = picture("attention", subject_of(sample), {"pairs": pairs})
    defined = sample.labels >= 0
    kept = (defined, sample.train & defined, ~sample.train & defined)[pairs]
    wanted = average_pattern(sample.config, sample.parameters, 0, kept)
    torch.testing.assert_close(made.arrays["patterns"], wanted, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(made.arrays["patterns"].sum(-1), torch.ones(2, 3, dtype=torch.float64))
    assert made.summary.startswith("mean over ")
    assert f"{int(kept.sum())}" in made.summary


def test_maps_are_those_of_the_chosen_head() -> None:
    sample = random_sample("transformer", "add", 13)
    every = equals_pattern(sample.config, sample.parameters)
    for head in (0, 1):
        made = picture("attention_map", subject_of(sample), {"head": head})
        torch.testing.assert_close(made.arrays["maps"], every[head])
        torch.testing.assert_close(made.arrays["means"], every[head].mean((-2, -1)))


def test_maps_of_many_residues_are_averaged() -> None:
    made = picture("attention_map", subject_of(random_sample("transformer", "add", 149, torch.float32)), {})
    assert made.arrays["maps"].shape == (3, SIDE, SIDE)
    torch.testing.assert_close(made.arrays["maps"].sum(0), torch.ones(SIDE, SIDE), rtol=1e-5, atol=1e-5)
    assert made.arrays["p"].tolist() == [149]


def test_an_mlp_has_none() -> None:
    for name in ("attention", "attention_map"):
        made = picture(name, subject_of(random_sample("one-hot", "add", 13)), {})
        assert not made.arrays
        assert "only a transformer has attention" in made.summary
