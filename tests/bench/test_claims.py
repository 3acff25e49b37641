"""No circuit is claimed where there is none: a smaller check than `grokterm bench --only claims`."""

from __future__ import annotations

from dataclasses import replace

import pytest

from grokterm.bench.claims import Trial, controls, followed, grokking, outcome
from grokterm.config import choices
from tests.by_kernels import steps_by_kernels

__all__ = ["steps_by_kernels"]


def sooner(trials: list[Trial], p: int, lr: float, steps: int) -> list[Trial]:
    """Those of one p, at a higher learning rate and so in fewer steps."""
    return [
        replace(trial, steps=steps, config=trial.config.changed({"lr": lr})) for trial in trials if trial.config.p == p
    ]


CONTROLS = sooner(controls(seeds=1), 23, lr=0.01, steps=200)  # of which 20 to 40 memorize
GROKKING = sooner(grokking(seeds=1), 53, lr=0.015, steps=450)  # test accuracy passes a half by step 325


def named(trial: Trial) -> str:
    return trial.name


def test_controls_and_runs_that_grok_are_of_every_architecture() -> None:
    assert len(controls()) >= 2 * len(CONTROLS) * 3
    assert len(controls()) + len(grokking()) >= 60
    for trials in (CONTROLS, GROKKING):
        assert {trial.config.arch for trial in trials} == set(choices("arch"))
    assert len({trial.name for trial in (*controls(), *grokking())}) == len(controls()) + len(grokking())


@pytest.mark.parametrize("trial", CONTROLS, ids=named)
def test_nothing_is_claimed_of_a_run_that_learns_by_heart(trial: Trial) -> None:
    found = outcome(trial)
    assert (found.claimed, found.half, found.grokked) == (None, None, None)


@pytest.mark.parametrize("trial", GROKKING, ids=named)
def test_a_circuit_is_claimed_before_test_accuracy_passes_a_half(trial: Trial) -> None:
    found = next(one for one in followed(trial) if one.half is not None)
    assert found.claimed is not None
    assert found.half is not None
    assert found.claimed < found.half
