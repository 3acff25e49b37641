"""Sweeps that a notebook trains."""

from __future__ import annotations

import os
import re
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import grokterm
from grokterm.config import Config
from grokterm.errors import ConfigError, TrainerError
from grokterm.sweeps.folder import list_sweeps
from tests.sweeper.sweeps import TINY, records
from tests.trainer.running import wait_for


def test_an_executor_of_ones_own_trains(home: Path) -> None:
    with ThreadPoolExecutor(1) as executor:
        made = grokterm.sweep(TINY, over=["wd=0.1,1"], seeds=2, executor=executor, workers=1)
        again = grokterm.sweep(TINY, over={"wd": [0.1, 1]}, seeds=2, executor=executor, workers=1)
    assert made.table["weight_decay"].tolist() == again.table["weight_decay"].tolist()
    assert np.array_equal(made.table["digest"], again.table["digest"])
    assert grokterm.open_sweep("last").id == again.id
    assert not (again.path / "trainer.json").exists()


def test_processes_train_without_one(home: Path) -> None:
    made = grokterm.sweep(TINY | {"wd": 0.5}, over="frac=0.4,0.6", workers=1)
    assert made.table["train_fraction"].tolist() == [0.4, 0.6]
    assert made.state is not None
    assert made.state.state == "finished"
    assert made.plan.base.weight_decay == 0.5


def test_a_whole_configuration_is_a_base(home: Path) -> None:
    config = Config.starting({**TINY, "arch": "one-hot"}).changed({"max_steps": 20})
    with ThreadPoolExecutor(1) as executor:
        made = grokterm.sweep(config, over=["lr=1e-3,1e-2"], executor=executor)
    assert made.table["step"].tolist() == [20, 20]
    assert made.plan.base == config


@pytest.mark.parametrize(
    ("config", "over", "words"),
    [
        ({"wdd": 1}, [], "unknown setting 'wdd'"),
        ({"wd": 1, "weight_decay": 2}, [], "a setting is given twice among wd, weight_decay"),
        ({"p": 2}, [], "--p must be a whole number from 3"),
        ({}, ["wd=x"], "--weight-decay must be a number"),
        ({}, {"seed": [1, 2]}, "choose --seeds N"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_made(home: Path, config: Any, over: Any, words: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)):
        grokterm.sweep(config, over)
    assert not home.exists() or not list_sweeps(home)


def test_stopping_it_leaves_the_notebook_alone(home: Path) -> None:
    """SIGTERM, as `grokterm stop` sends it to who trains."""

    def stop_it() -> None:
        wait_for(lambda: list_sweeps(home) and records(list_sweeps(home)[0]), "a record")
        os.kill(os.getpid(), signal.SIGTERM)

    with ThreadPoolExecutor(1) as stopper, ThreadPoolExecutor(1) as trainer:
        stopper.submit(stop_it)
        with pytest.raises(TrainerError, match="was stopped: grokterm sweep --resume goes on with it"):
            grokterm.sweep(TINY, over=["wd=0.1,1"], seeds=200, executor=trainer, workers=1)
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert 0 < len(records(list_sweeps(home)[0])) < 400


def test_an_executor_that_fails_leaves_word(home: Path) -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(Exception, match="cannot schedule new futures"):
        grokterm.sweep(TINY, over=["wd=0.1,1"], executor=executor)


@pytest.mark.parametrize("workers", [0, -3, "2", 1.5])
def test_no_workers_are_refused(home: Path, workers: Any) -> None:
    with pytest.raises(ConfigError, match="workers must be a whole number from 1 on, not"):
        grokterm.sweep(TINY, over=["wd=0.1,1"], workers=workers)
    with pytest.raises(ConfigError, match="--seeds must be a whole number"):
        grokterm.sweep(TINY, over=["wd=0.1,1"], seeds="3")  # type: ignore[arg-type]
