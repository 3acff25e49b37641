"""Which configurations may train together."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from grokterm.lab.replicas import together, why_alone, worth_batching
from tests.lab.examples import small

KNOWN: dict[str, Any] = {"p": 11, "width": 32, "precision": "float32"}


@pytest.mark.parametrize(
    "values",
    [
        {"lr": 0.5},
        {"seed": 7, "train_fraction": 0.3, "corrupt": 0.1},
        {"op": "subtract"},
        {"warmup": 3, "beta1": 0.5, "epsilon": 1e-3, "weight_decay": 0.0},
        {"init_scale": 2.0},
        {"until": 100, "pace": "max", "log_every": 3, "measure_every": 0, "max_steps": 5},
    ],
    ids=str,
)
def test_what_is_a_replicas_own_is_not_in_the_key(values: dict[str, Any]) -> None:
    assert together(small(**values)) == together(small()) is not None


@pytest.mark.parametrize(
    "values",
    [
        {"width": 16},
        {"p": 7},
        {"arch": "mlp"},
        {"optimizer": "lion"},
        {"filter": "orthograd"},
        {"l1": 0.1},
        {"norm_clamp": 1.0},
        {"decay_to": "init"},
        {"loss": "mse"},
        {"temperature": 2.0},
        {"precision": "float32"},
        {"batch_size": 5},
    ],
    ids=str,
)
def test_shapes_optimizers_and_losses_are(values: dict[str, Any]) -> None:
    plain = small(arch="one-hot")
    assert together(plain.changed(values)) not in (None, together(plain))


@pytest.mark.usefixtures("kernels")
def test_kernels_take_batches_of_any_size_together() -> None:
    assert together(small(**KNOWN)) == together(small(**KNOWN, batch_size=5)) is not None


def test_what_is_drawn_for_one_run_trains_alone() -> None:
    for values, words in (({"dropout": 0.1}, "dropout"), ({"jacobian": 0.1}, "Jacobian")):
        config = small(**values)
        assert together(config) is None
        assert words in why_alone(config)
    assert why_alone(small()) == ""


def test_small_runs_are_worth_batching_and_large_ones_by_kernels() -> None:
    cpu = torch.device("cpu")
    large = small(p=59, width=512, arch="one-hot", precision="float32")
    assert worth_batching(small(), cpu)
    assert not worth_batching(large, cpu)
    assert worth_batching(large.changed({"batch_size": 32}), cpu)
    assert worth_batching(large, torch.device("cuda"))


@pytest.mark.usefixtures("kernels")
def test_by_kernels_large_ones_are_worth_it() -> None:
    assert worth_batching(small(p=59, width=512, arch="one-hot", precision="float32"), torch.device("cpu"))
