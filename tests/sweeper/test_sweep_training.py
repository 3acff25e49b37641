"""Sweeps that a notebook trains."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import grokterm
from grokterm.config import Config
from grokterm.errors import ConfigError
from grokterm.sweeps.folder import list_sweeps
from tests.sweeper.sweeps import TINY


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
