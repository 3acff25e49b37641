from __future__ import annotations

from pathlib import Path

import pytest

from grokterm.cli import main
from grokterm.config import Config
from grokterm.runs.folder import RunFolder, create_run, list_runs
from grokterm.runs.log import LogWriter
from grokterm.view_options import ViewOptions
from tests.measured import measured
from tests.terminal.conftest import Grokterm


@pytest.fixture
def runs(folders: Path) -> list[RunFolder]:
    """Three runs; the second has 1,200 steps."""
    folders.mkdir()
    made = [create_run(Config(p=5, width=4), ViewOptions(), folders) for _ in range(3)]
    writer = LogWriter(made[1].log_path)
    writer.append(measured(1200))
    writer.close()
    return made


def test_with_yes_it_does_not_ask(runs: list[RunFolder], folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["rm", "1", str(runs[2].path), "0001", "--yes"]) == 0
    assert capsys.readouterr().out == "0001-add5-mlp is removed\n0003-add5-mlp is removed\n"
    assert list_runs(folders) == [runs[1]]


@pytest.mark.parametrize(("answer", "left", "status"), [("y", 1, 0), ("YES", 1, 0), ("n", 3, 1), ("", 3, 1)])
def test_it_shows_what_would_go_and_asks(
    runs: list[RunFolder], folders: Path, grokterm: Grokterm, answer: str, left: int, status: int
) -> None:
    terminal = grokterm("rm", "1", "2", tiny=False)
    terminal.shows(r"\[y/N\]")
    terminal.press(*answer, "enter")
    assert terminal.ends() == status
    printed = terminal.text
    assert "0001-add5-mlp  0 steps" in printed
    assert "0002-add5-mlp  1,200 steps, memorizing, " in printed
    assert "Remove these 2 runs, " in printed
    assert ("mlp is removed" in printed) == (status == 0)
    assert ("nothing is removed" in printed) == (status == 1)
    assert len(list_runs(folders)) == left


def test_one_that_cannot_go_keeps_all(runs: list[RunFolder], folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (runs[2].path / "notes.md").write_text("mine")
    assert main(["rm", "1", "3", "--yes"]) == 2
    assert "0003-add5-mlp holds what is no part of a run (notes.md)" in capsys.readouterr().err
    assert list_runs(folders) == runs


def test_without_a_terminal_it_needs_yes(
    runs: list[RunFolder], folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["rm", "last"]) == 2
    assert "standard input is no terminal: give --yes" in capsys.readouterr().err
    assert list_runs(folders) == runs
