"""Batches: the runs of a sweep are those that a trainer trains, alone and together."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from grokterm.config import Config
from grokterm.errors import ConfigError
from grokterm.lab import native
from grokterm.sweeper import batches, replicas
from grokterm.sweeper.batches import train, train_alone
from grokterm.sweeper.work import train_batch
from grokterm.sweeps.batch import Batch, Outcome
from grokterm.sweeps.comparison import compared
from grokterm.wire.swept import SweptRun
from tests import needs
from tests.sweeper.sweeps import TINY
from tests.trainer.running import Running

COMMON: dict[str, Any] = {**TINY, "p": 23, "until": "grokked", "max_steps": 400, "log_every": 20}
GROKS: dict[str, Any] = {
    "train_fraction": 0.8, "lr": 0.03, "width": 64, "arch": "one-hot", "activation": "quadratic",
}  # fmt: skip
RUNS: list[dict[str, Any]] = [
    {},
    {"lr": 1e-4},
    {"seed": 3, "weight_decay": 0.1},
    {"train_fraction": 0.3},
    {"corrupt": 0.5},
    {"max_steps": 60},
    {"seed": 1},
]
BITS = ("run", "state", "step", "digest", "reason", "phase", "train_loss", "test_loss", "sum_squared_weights")
STEPS = ("learned_step", "memorized_step", "grokked_step_90", "grokked_step_95", "grokked_step_99")


@pytest.fixture
def kernels() -> Iterator[None]:
    assert native.load(needs.library())
    yield
    native.load(None)


def configs(**values: Any) -> list[tuple[int, Config]]:
    return list(enumerate(Config.starting({**COMMON, **GROKS, **values, **own}) for own in RUNS))


def alone(run: int, config: Config) -> Outcome:
    outcome = train_alone(run, config)
    assert outcome is not None
    return outcome


def by_run(outcomes: Any) -> dict[int, Outcome]:
    return {outcome.run: outcome for outcome in outcomes}


@pytest.mark.usefixtures("kernels")
def test_runs_that_train_together_are_the_runs_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Three at a time, so that others enter where one ends, and fewer go on at the end."""
    monkeypatch.setitem(replicas.MOST, "cpu", 3)
    runs = configs()
    together = by_run(train(Batch(tuple(runs))).outcomes)
    assert all("among" in outcome.training.strategy for outcome in together.values())
    assert len({outcome.step for outcome in together.values()}) > 2
    for run, config in runs:
        one, other = alone(run, config), together[run]
        for name in (*BITS, *STEPS, "train_accuracy", "test_accuracy", "embedding_gini"):
            assert getattr(one, name) == getattr(other, name), (run, name)
        assert np.array_equal(one.curve, other.curve, equal_nan=True)


def test_without_kernels_the_phases_are_those_of_the_runs_alone() -> None:
    runs = [(run, config) for run, config in configs(precision="float64") if run in (0, 1, 3, 5)]
    together = by_run(train(Batch(tuple(runs))).outcomes)
    assert len({outcome.phase for outcome in together.values()}) >= 3
    for run, config in runs:
        one, other = alone(run, config), together[run]
        assert [getattr(one, name) for name in ("step", "phase", *STEPS)] == [
            getattr(other, name) for name in ("step", "phase", *STEPS)
        ]
        assert one.test_loss == pytest.approx(other.test_loss, rel=1e-6)


def test_a_run_that_is_not_finite_leaves_the_others_alone() -> None:
    runs = list(enumerate(Config.starting({**COMMON, "loss": "mse", "optimizer": "sgd", "lr": lr, "max_steps": 200})
                          for lr in (0.01, 10.0, 0.02, 0.03)))  # fmt: skip
    together = by_run(train(Batch(tuple(runs))).outcomes)
    assert [together[run].state for run in range(4)] == ["finished", "failed", "finished", "finished"]
    assert together[1].reason == alone(*runs[1]).reason
    assert together[1].reason.startswith("the loss is no longer finite after step ")


def test_runs_that_cannot_share_are_trained_beside_each_other() -> None:
    given: list[dict[str, Any]] = [{"dropout": 0.1}, {"arch": "transformer", "heads": 2}, {"task": "sum", "p": 5}, {}]
    small = {**COMMON, "max_steps": 20}
    runs = tuple(enumerate(Config.starting({**small, **own}) for own in given))
    outcomes = by_run(train_batch(Batch(runs)).outcomes)
    assert [outcomes[run].state for run in range(4)] == ["finished"] * 4


def test_of_runs_one_after_another_those_that_have_ended_are_kept_when_it_is_asked_to_end() -> None:
    """The second, which never ends, is left where it is."""
    runs = tuple(enumerate(Config.starting({**COMMON, "dropout": 0.1, "max_steps": steps}) for steps in (20, 10**9)))
    asked = iter([False, False])
    outcomes = train(Batch(runs), lambda: next(asked, True)).outcomes
    assert [(outcome.run, outcome.state) for outcome in outcomes] == [(0, "finished")]


def test_where_there_is_no_room_for_all_one_is_trained_after_another(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_room(*_: object) -> None:
        raise ConfigError("cpu has not enough memory for 7 replicas")

    monkeypatch.setattr(batches, "train_together", no_room)
    outcomes = train(Batch(tuple(configs(max_steps=40)))).outcomes
    assert [outcome.state for outcome in outcomes] == ["finished"] * len(RUNS)


def test_a_full_run_says_that_it_comes_out_the_same(home: Path) -> None:
    config = Config.starting({**COMMON, **GROKS})
    outcome = train_batch(Batch(((0, config),))).outcomes[0]
    assert outcome.grokked_step_99 is not None
    swept = outcome.record(0, 0, {}, (0, 0))
    full = Running(home, config).start()
    full.ends()
    assert compared(swept, full.history()) == (
        f"the same as in the sweep: at step {outcome.step:,} both losses agree in every digit"
    )
    rounded = SweptRun(**{name: getattr(swept, name) for name in swept.__struct_fields__} | {"test_loss": 1.0})
    assert compared(rounded, full.history()).startswith("its milestones are those of the sweep, and its losses differ")
    later = SweptRun(**{name: getattr(rounded, name) for name in swept.__struct_fields__} | {"memorized_step": 3})
    words = f"otherwise than in the sweep: memorized at step {outcome.memorized_step}, there step 3; "
    assert compared(later, full.history()).startswith(words)
