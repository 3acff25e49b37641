"""`grokterm attach A B C`."""

from __future__ import annotations

from pathlib import Path

import pytest

from grokterm.cli import main
from grokterm.runs.folder import list_runs
from grokterm.runs.process import trainer_alive
from tests.cli.terminals import on_terminal
from tests.runs.logged import logged
from tests.terminal.conftest import Grokterm


@pytest.fixture
def home(folders: Path) -> Path:
    folders.mkdir()
    for seed in range(3):
        logged(folders, 100, seed=seed)
    return folders


def test_a_seventh_run_is_refused(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["attach", *"1231231"]) == 2
    assert capsys.readouterr().err == "grokterm: 2 to 6 runs can be compared at once, not 7\n"


@pytest.mark.parametrize(
    ("names", "sentence"),
    [
        (["1", "9"], "there is no run '9' in"),
        (["1", "0001"], "0001-add11-mlp is named twice: name each run once"),
        (["1", "/nowhere"], "/nowhere is no run: it has no config.toml"),
    ],
)
def test_runs_that_cannot_be_compared(home: Path, names: list[str], sentence: str) -> None:
    status, printed = on_terminal(["attach", *names])
    assert status == 2
    assert sentence in printed
    assert printed.count("\n") == 1


def test_a_damaged_run_is_named(home: Path) -> None:
    list_runs(home)[1].config_path.write_text("p = [")
    status, printed = on_terminal(["attach", "1", "2"])
    assert status == 2
    assert "0002-add11-mlp" in printed
    assert "cannot be read" in printed


def test_named_runs_are_compared_and_left_as_they_are(home: Path, grokterm: Grokterm) -> None:
    before = {path: path.stat().st_mtime_ns for path in home.rglob("*")}
    terminal = grokterm("attach", "3", "1", "2", tiny=False)
    terminal.shows("compare 1 2 3", "seed", "A 0001-add11-mlp", "reached at step")
    terminal.press("q")
    assert terminal.ends() == 0
    assert terminal.restored
    assert "compare again with: grokterm attach 1 2 3" in terminal.text
    assert {path: path.stat().st_mtime_ns for path in home.rglob("*")} == before
    assert not any(trainer_alive(run) for run in list_runs(home))
