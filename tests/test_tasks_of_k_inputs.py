"""Settings of tasks of other than two inputs: what they mean, what they are called, and what cannot be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from grokterm.cli import main
from grokterm.config import Config
from grokterm.config.tasks import TASKS, idle_in_task
from grokterm.errors import ConfigError
from grokterm.runs.folder import create_run
from grokterm.tui.text import formats
from grokterm.view_options import ViewOptions

PARITY: dict[str, Any] = {"task": "parity", "n": 20, "k": 3, "train_size": 500}


@pytest.mark.parametrize(
    ("values", "words", "shape", "split", "name"),
    [
        ({}, "a + b mod 97", (2, 97, 97), "50 % of 9,409 pairs", "add97"),
        ({"task": "sum", "p": 23}, "a + b + c mod 23", (3, 23, 23), "50 % of 12,167 triples", "sum3-23"),
        ({"task": "sum", "p": 3, "k": 8}, "sum of 8 residues mod 3", (8, 3, 3), "50 % of 6,561 tuples", "sum8-3"),
        ({"op": "a + b*c", "p": 7}, "bc + a mod 7", (3, 7, 7), "50 % of 343 triples", "bc+a-7"),
        ({"op": "a/b + z", "p": 7}, "(bc + a) / b mod 7", (3, 7, 7), "50 % of 294 triples", None),
        (PARITY, "parity of 3 of 20", (20, 2, 2), "500 points", "parity20-3"),
        ({**PARITY, "corrupt": 0.1}, "parity of 3 of 20", (20, 2, 2), "500 points, 10 % wrong", "parity20-3"),
    ],
)
def test_a_task_is_called_what_it_is(
    tmp_path: Path, values: dict[str, Any], words: str, shape: tuple[int, ...], split: str, name: str | None
) -> None:
    config = Config(**values)
    assert (config.task_words, tuple(config.shape), formats.split(config)[0]) == (words, shape, split)
    assert config.of_pairs == (shape[0] == 2)
    if name is not None:
        assert create_run(config, ViewOptions(), tmp_path).id == f"0001-{name}-mlp"
    assert Config().changed(config.as_dict()) == config


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"task": "sums"}, "unknown task 'sums': choose table, sum, parity; did you mean sum?"),
        ({"task": "sum", "k": 2}, "--task sum needs --k 3 or more, not 2: the sum of two is --op add"),
        (
            {"task": "sum", "k": 5},
            "5 inputs mod 97 are more than 4,000,000 tuples, and that is the limit: choose",
        ),
        ({"task": "sum", "k": 40, "p": 5}, "choose --k 9 or less"),
        ({"op": "a + bc", "p": 199}, "choose --p 158 or less"),
        (
            {"task": "parity", "n": 10, "k": 11},
            "--k 11 secret coordinates are more than the --n 10 that there are",
        ),
        (
            {"task": "parity", "n": 10},
            "--train-size 1,000 does not fit --n 10: beside 512 test points 512",
        ),
        ({"task": "parity", "n": 9}, "--n must be a whole number from 10 to 1,000, not 9"),
        ({"task": "sum", "p": 5, "train_fraction": 0.001}, "leaves no train tuple among the 125 tuples"),
        (
            {**PARITY, "arch": "residual-mlp"},
            "--arch residual-mlp takes two inputs, and this task has 20: choose",
        ),
        ({**PARITY, "bias": "off"}, "--bias off is for two inputs, and this task has 20"),
        (
            {**PARITY, "init": "closed-form"},
            "--init closed-form solves tables of two inputs, and this task has",
        ),
        ({"op": "a + q"}, "'q' is none of the inputs a, b and c, at character 5"),
    ],
)
def test_what_cannot_be_gets_one_sentence(
    values: dict[str, Any], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        Config(**values)
    assert words in str(caught.value)
    options = [word for name, value in values.items() for word in (f"--{name.replace('_', '-')}", str(value))]
    assert main(["train", *options]) == 2
    assert words in " ".join(capsys.readouterr().err.split())


def test_the_edge_of_what_can_be() -> None:
    assert Config(op="a + bc", p=158).shape.inputs == 3
    assert Config(task="parity", n=10, train_size=512).shape.inputs == 10
    assert Config(task="parity", n=10, k=2, train_size=2).shape.answers == 2
    assert Config(task="parity", n=1000, k=1000, width=1).class_count == 2
    assert Config(task="sum", p=3, k=13).class_count == 3


def test_a_run_of_before_is_a_table() -> None:
    old = {name: value for name, value in Config().as_dict().items() if name not in ("task", "k", "n", "train_size")}
    assert Config.written(old).of_pairs
    assert Config.written({**old, "op": "s5", "p": 120}).of_pairs


def test_of_other_tasks_the_operation_says_nothing() -> None:
    assert Config(task="sum", p=23, op="multiply") == Config(task="sum", p=23)
    assert Config(task="sum", p=23, op="s5").p == 23


def test_each_setting_of_a_task_is_idle_in_the_others() -> None:
    used = {name: {task for task in TASKS if not idle_in_task(name, task)} for name in ("op", "k", "n", "train_size")}
    assert used == {"op": {"table"}, "k": {"sum", "parity"}, "n": {"parity"}, "train_size": {"parity"}}
    assert idle_in_task("n", "sum") == "does nothing in the task sum: only parity reads it"
    assert idle_in_task("train_fraction", "parity") == "does nothing in the task parity: only table and sum read it"
    assert idle_in_task("seed", "parity") == ""
