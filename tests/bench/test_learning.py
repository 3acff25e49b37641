"""No loss of learning: small runs grok by every variant of taking steps when they do in plain float32."""

from __future__ import annotations

import statistics
from typing import Final

import pytest

from grokterm.bench.learning import (
    STEPS_AT_MOST,
    VARIANTS,
    Learning,
    learn_all,
    learn_all_plainly,
    median_step,
    variants_here,
)
from grokterm.config import Config
from grokterm.lab import devices, native
from tests.lab.examples import ARCHITECTURES
from tests.needs import AMX, BFLOAT16, library, need
from tests.once import numbers_made_once

QUICK: Final = {
    "one-hot": {"lr": 0.02, "p": 37, "train_fraction": 0.9},
    "mlp": {"lr": 0.025, "p": 31, "train_fraction": 0.9},
    "transformer": {"lr": 0.015, "width": 256, "weight_decay": 0.7, "train_fraction": 0.85},
}
"""Settings that grok within 250 steps, and not at very different ones from seed to seed."""
NEAR: Final = 4 / 3
"""Three seeds of a small model lie further apart than the five of `grokterm bench --only learning`."""


def configs(arch: str) -> list[Config]:
    devices.prepare()
    small = Config(p=43, width=128, d_model=32, heads=2, train_fraction=0.8, log_every=5, device="cpu")
    return [small.changed({"arch": arch, "seed": seed, **QUICK[arch]}) for seed in range(3)]


@pytest.fixture
def plain(arch: str, tmp_path_factory: pytest.TempPathFactory) -> list[int]:
    """The steps at which runs of an architecture grok in plain float32."""

    def learned() -> list[int]:
        return [run.step for run in learn_all_plainly(configs(arch), lambda words: None)]

    return numbers_made_once(tmp_path_factory, f"plain-{arch}", learned)


def near(step: float, plain: list[int]) -> bool:
    return 1 / NEAR < step / statistics.median(plain) < NEAR


@pytest.mark.parametrize("arch", ARCHITECTURES)
@pytest.mark.parametrize("variant", VARIANTS)
def test_a_way_of_taking_steps_groks_when_float32_with_autograd_does(arch: str, variant: str, plain: list[int]) -> None:
    if VARIANTS[variant].kernels:
        library()
    need(variant in variants_here(), AMX if VARIANTS[variant].kernels else BFLOAT16)
    *first, last = configs(arch)
    try:
        steps = [run.step for run in learn_all(variant, first, lambda words: None)]
        if not all(near(step, plain) for step in steps):
            steps += [run.step for run in learn_all(variant, [last], lambda words: None)]
    finally:
        native.load(None)
    # Where two of three are near, so is the median, whatever the third would be.
    assert near(statistics.median(steps), plain), (steps, plain)


def test_a_run_that_never_groks_is_none_of_the_quick_ones() -> None:
    quick, slow, diverged = Learning([10], [0.99]), Learning([900], [1.0]), Learning([30], [0.5])
    assert median_step([quick, slow, slow]) == (900, False)
    assert median_step([quick, slow, diverged]) == (900, False)
    assert median_step([quick, diverged, diverged]) == (STEPS_AT_MOST, True)
