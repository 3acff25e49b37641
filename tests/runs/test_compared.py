"""Runs side by side."""

from __future__ import annotations

from pathlib import Path

import pytest

from grokterm.errors import RunFolderError
from grokterm.runs.compared import Difference, compare, differences, seed_groups
from grokterm.runs.folder import name_of
from grokterm.runs.fork import fork_run
from grokterm.runs.process import trainer_alive
from grokterm.wire.records import Change, Event
from tests.runs.logged import append, logged, numbers


def test_only_settings_that_differ_are_told_by_their_names(home: Path) -> None:
    first = logged(home)
    second = logged(home, lr=0.01, pace="max")
    fork = fork_run(first, home, 50, {"weight_decay": 3.0}).folder
    runs = compare([first, second, fork])
    for run in runs:
        run.read()
    assert [(run.letter, run.stem, run.folder.id[:4]) for run in runs] == [
        ("A", "", "0001"), ("B", "└─ ", "0003"), ("C", "", "0002"),
    ]  # fmt: skip
    assert differences(runs) == [
        Difference("learning rate", ("5e-3", "5e-3", "0.01")),
        Difference("weight decay", ("1", "1 → 3", "1")),
        Difference("pace", ("50", "50", "max")),
    ]
    assert differences(compare([first, logged(home)])) == []


def test_a_forks_columns_are_its_parents_up_to_the_fork(home: Path) -> None:
    first = logged(home, 200)
    fork = fork_run(first, home, 100).folder
    append(fork, [numbers(step, 0.9) for step in range(110, 151, 10)])
    parent, forked = compare([first, fork])
    for run in (parent, forked):
        run.read()
    same = forked.history.column("step") <= 100
    assert list(parent.history.column("test_accuracy")[:11]) == list(forked.history.column("test_accuracy")[same])
    assert forked.history.column("test_accuracy")[-1] == pytest.approx(0.9)
    assert forked.fork is not None
    assert forked.fork.step == 100


def test_what_runs_write_is_followed_and_no_trainer_started(home: Path) -> None:
    folders = [logged(home), logged(home)]
    runs = compare(folders)
    for run in runs:
        run.read()
    append(
        folders[1], [numbers(110, 0.95), Event(110, "grokked_90", ""), Change(110, {"lr": 1.0}, {}, False, False, "")]
    )
    for run in runs:
        run.read()
    assert [run.history.milestones["grokked_step_90"] for run in runs] == [None, 110]
    assert [d.name for d in differences(runs)] == ["learning rate"]
    assert not any(trainer_alive(folder) for folder in folders)


def test_a_damaged_log_is_told_and_the_others_go_on(home: Path) -> None:
    folders = [logged(home), logged(home)]
    runs = compare(folders)
    folders[0].log_path.write_bytes(b"{nonsense}\n")
    for _ in range(2):
        for run in runs:
            run.read()
    assert "line 1" in runs[0].trouble
    assert len(runs[1].history) == 11


def test_only_two_to_six_different_runs_are_compared(home: Path) -> None:
    folders = [logged(home, 0) for _ in range(7)]
    with pytest.raises(RunFolderError, match=r"2 to 6 runs can be compared at once, not 7"):
        compare(folders)
    with pytest.raises(RunFolderError, match="named twice"):
        compare([folders[0], folders[0]])
    assert len(compare(folders[:6])) == 6
    assert name_of(folders[0]) == "1"


def test_runs_that_differ_by_their_seed_alone_are_a_group(home: Path) -> None:
    first = logged(home, seed=0)
    runs = [first, logged(home, seed=1, lr=0.01), logged(home, seed=2, pace="max", max_steps=500), logged(home, seed=3)]
    assert seed_groups(compare(runs)) == [[0, 2, 3], [1]]
    assert seed_groups(compare([first, logged(home, seed=1, weight_decay=2.0)])) == [[0], [1]]


def test_a_change_on_the_way_or_a_fork_takes_a_run_out_of_its_group(home: Path) -> None:
    def changed(step: int, **values: float) -> Change:
        return Change(step, dict(values), {}, False, False, "")

    first, second = logged(home, seed=0), logged(home, seed=1)
    there_and_back = logged(home, 100, [changed(100, lr=0.01), changed(110, lr=0.005)], seed=2)
    paced = logged(home, 100, [changed(100, pace=5.0)], seed=3)
    fork = fork_run(first, home, 50).folder
    runs = compare([first, second, there_and_back, paced, fork])
    for run in runs:
        run.read()
    groups = [[runs[at].folder.id for at in group] for group in seed_groups(runs)]
    assert sorted(groups) == sorted([[first.id, second.id, paced.id], [there_and_back.id], [fork.id]])
