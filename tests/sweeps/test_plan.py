"""Plans: which cells and runs there are, and what is refused before any is trained."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from grokterm.config import Config
from grokterm.errors import ConfigError, RunFolderError
from grokterm.sweeps.axes import read_axes
from grokterm.sweeps.folder import create_sweep, find_sweep, list_sweeps, names_sweep
from grokterm.sweeps.plan import Plan, shown


def plan(*over: str, given: dict[str, Any] | None = None, **more: Any) -> Plan:
    return Plan({"p": 31, "seed": 7} | (given or {}), read_axes(over, more.pop("zipped", ())), **more)


def test_cells_are_all_combinations_and_each_has_every_seed() -> None:
    made = plan("wd=0.1,1", "frac=0.3,0.5,0.7", seeds=2)
    assert [shown(cell.values) for cell in made.cells[:4]] == [
        "wd 0.1, frac 0.3", "wd 0.1, frac 0.5", "wd 0.1, frac 0.7", "wd 1, frac 0.3",
    ]  # fmt: skip
    assert [cell.point for cell in made.cells] == [(i, j) for i in range(2) for j in range(3)]
    runs = list(made.runs())
    assert [run.number for run in runs] == [*range(0, 12, 2), *range(1, 12, 2)]  # every cell before a second seed
    assert {(run.cell.number, run.seed) for run in runs} == {(cell, seed) for cell in range(6) for seed in (7, 8)}
    assert all(made.run(run.number) == run for run in runs)
    config = made.config(made.run(3))
    assert config == Config.starting(
        {"p": 31, "weight_decay": 0.1, "train_fraction": 0.5, "seed": 8, "until": "grokked", "max_steps": 20_000,
         "pace": "max"}
    )  # fmt: skip
    assert made.differences(made.run(3)) == {"weight_decay": 0.1, "seed": 8}
    assert made.differences(made.run(8)) == {"train_fraction": 0.5} if made.base.train_fraction != 0.5 else True


def test_an_architecture_brings_what_it_begins_with() -> None:
    made = plan("arch=mlp,one-hot", given={"weight_decay": 0.5})
    for cell, arch in zip(made.cells, ("mlp", "one-hot"), strict=True):
        config = made.config(made.run(cell.number))
        beginning = Config.starting({"arch": arch, "p": 31, "weight_decay": 0.5, "seed": 7})
        assert config == replace(beginning, until="grokked", max_steps=20_000, pace="max")


def test_without_axes_there_are_seeds_alone() -> None:
    made = plan(seeds=3)
    assert (len(made.cells), made.run_count) == (1, 3)
    assert [made.config(run).seed for run in made.runs()] == [7, 8, 9]


def test_cells_are_left_out_by_a_condition() -> None:
    made = plan("wd=0.1,1,10", "lr=1e-3,1e-2", where="wd>0.5 and not lr==0.01 or p==97")
    assert [shown(cell.values) for cell in made.cells] == ["wd 1, lr 0.001", "wd 10, lr 0.001"]
    assert [cell.number for cell in made.cells] == [0, 1]
    with pytest.raises(ConfigError, match=re.escape("--where 'p==5' leaves no cell: all 2 are out")):
        plan("wd=1,2", where="p==5").cells  # noqa: B018
    with pytest.raises(ConfigError, match="unknown name 'phase'"):
        plan("wd=1,2", where="phase==grokking").cells  # noqa: B018


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (plan("frac=0.001,0.5"), "the cell frac 0.001 cannot be: --train-fraction 0.001 leaves no train pair"),
        (plan("arch=mlp,residual-mlp", "init=random,closed-form"), "the cell arch mlp, init closed-form cannot be: "),
    ],
)
def test_a_cell_that_cannot_be_is_named_before_anything_is_trained(made: Plan, words: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(words)):
        made.check()


def test_a_sweep_has_its_limits() -> None:
    with pytest.raises(ConfigError, match="the sweep has 1,000,000 runs, and 100,000 are the most"):
        plan("wd=1:2:1000", "lr=1e-3:1e-2:1000")
    with pytest.raises(ConfigError, match="--seeds must be a whole number from 1 to 100,000, not 0"):
        plan(seeds=0)


def test_a_folder_gives_the_plan_back(tmp_path: Path) -> None:
    made = plan("op=add,a^2 + b", "lr=1e-3,1e-2", "wd=10,1", zipped=["lr,wd"], seeds=4, where="lr<1")
    folder = create_sweep(made, tmp_path)
    assert folder.id == "s0001-mlp-op-lr-wd"
    assert folder.plan() == made
    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert folder.plan_path.stat().st_mode & 0o777 == 0o600
    other = create_sweep(plan("wd=1,2"), tmp_path)
    assert [sweep.id for sweep in list_sweeps(tmp_path)] == [folder.id, other.id]
    for name in ("last", "s2", "2", "s0002", other.id, str(other.path)):
        assert find_sweep(name, tmp_path) == other
    assert [names_sweep(name, tmp_path) for name in ("s2", other.id, str(other.path), "2", "last", "s5-x", "sx")] == [
        True, True, True, False, False, True, False,
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "words"),
    [("s3", "there is no sweep 's3' in "), ("s000", "fits 2 sweeps: choose one of s0001"), ("./x", "./x is no sweep")],
)
def test_a_sweep_that_is_not_there_is_told_of(tmp_path: Path, name: str, words: str) -> None:
    with pytest.raises(RunFolderError, match="there is no sweep in "):
        find_sweep("last", tmp_path)
    create_sweep(plan("wd=1,2"), tmp_path)
    create_sweep(plan("wd=1,2"), tmp_path)
    with pytest.raises(RunFolderError, match=re.escape(words)):
        find_sweep(name, tmp_path)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("seeds = 1", 'seeds = "many"', "describes no sweep"),
        ("seeds = 1", "seeds = 0", "describes no sweep: --seeds must be"),
        ("weight_decay", "nothing", "describes no sweep"),
        ("format = 1", "format = 2", "was made by a newer grokterm (sweep format 2; this one reads up to 1)"),
        ("format = 1", "form = 1", "its [about] table has no valid format"),
        ("seeds = 1", "seeds = ", "cannot be read: "),
        ("p = 31", "p = 2", "describes no sweep: --p must be"),
        ("seeds = 1", "seeds = true", "describes no sweep"),
        ("seeds = 1", "seeds = 2.5", "describes no sweep"),
        ('where = ""', "where = 5", "describes no sweep"),
        ('"weight_decay"', '"wd"', "describes no sweep: wd cannot be an axis"),
        ('"weight_decay"', '"seed"', "describes no sweep: seed cannot be an axis"),
        ('"weight_decay"', '"weight_decay", "lr"', "describes no sweep: an axis needs settings, and a value of each"),
        ("1.0,", '"much",', "describes no sweep: --weight-decay must be a number"),
        ("log_every = 10", "log_every = 11", "was planned with other defaults, by grokterm "),
        ("p = 31", "p = [1]", "describes no sweep"),
    ],
)
def test_a_damaged_plan_is_told_of_in_a_sentence(tmp_path: Path, old: str, new: str, words: str) -> None:
    folder = create_sweep(plan("wd=1,2"), tmp_path)
    text = folder.plan_path.read_text()
    assert old in text
    folder.plan_path.write_text(text.replace(old, new, 1))
    with pytest.raises(RunFolderError, match=re.escape(words)) as refused:
        folder.plan().check()
    assert "\n" not in str(refused.value)
