"""Runs and their forks as a tree."""

from __future__ import annotations

import shutil
from dataclasses import asdict
from pathlib import Path

from grokterm.config import Config
from grokterm.runs.family import family, parent_of, tree
from grokterm.runs.folder import Parent, RunFolder, write_config
from grokterm.runs.fork import fork_run
from grokterm.view_options import ViewOptions
from tests.runs.logged import logged


def drawn(folders: list[RunFolder]) -> list[str]:
    return [leaf.stem + leaf.folder.id[:4] for leaf in tree(folders)]


def test_forks_stand_below_their_parents_in_the_order_of_their_steps(home: Path) -> None:
    first, other = logged(home), logged(home)
    late = fork_run(first, home, 50).folder
    early = fork_run(first, home, 20).folder
    below = fork_run(late, home, 30).folder
    alone = logged(home)
    runs = [first, other, late, early, below, alone]
    expected = ["0001", "├─ 0004", "└─ 0003", "   └─ 0005", "0002", "0006"]
    assert drawn(runs) == drawn(runs[::-1]) == expected
    assert drawn([first, below, other]) == ["0001", "└─ 0005", "0002"]
    assert drawn([below, early]) == ["0004", "0005"]
    for run in (first, late, early, below):
        assert [member.id[:4] for member in family(run)] == ["0001", "0003", "0004", "0005"]
    assert family(alone) == [alone]


def test_a_branch_whose_parent_was_removed_keeps_its_own_forks(home: Path) -> None:
    first = logged(home)
    fork = fork_run(first, home, 50).folder
    below = fork_run(fork, home, 30).folder
    shutil.rmtree(first.path)
    assert parent_of(fork) is None
    assert family(below) == [fork, below]
    leaves = tree(family(fork))
    assert [leaf.fork.step for leaf in leaves if leaf.fork] == [50, 30]


def test_a_parent_is_found_where_it_was_and_beside_where_all_runs_were_moved(home: Path, tmp_path: Path) -> None:
    first = logged(home)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    fork = fork_run(first, elsewhere, 50).folder
    assert parent_of(fork) == first
    assert family(fork) == sorted([first, fork], key=lambda run: run.path)
    moved = tmp_path / "moved"
    near = fork_run(first, home, 50).folder
    shutil.move(home, moved)
    assert parent_of(RunFolder(moved / near.id)) == RunFolder(moved / first.id)


def test_runs_that_name_each_other_as_parents_are_listed_all_the_same(home: Path) -> None:
    runs = [logged(home), logged(home)]
    for run, other in (runs, runs[::-1]):
        run.config_path.unlink()
        write_config(run, Config(p=11), ViewOptions(), {"parent": asdict(Parent(other.id, str(other.path), 10))})
    assert drawn(runs) == ["0001", "0002"]
    assert set(family(runs[0])) == set(runs)
    own = runs[0]
    own.config_path.unlink()
    write_config(own, Config(p=11), ViewOptions(), {"parent": asdict(Parent(own.id, str(own.path), 10))})
    assert parent_of(own) is None
