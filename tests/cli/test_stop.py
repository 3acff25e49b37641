from __future__ import annotations

from pathlib import Path

import pytest

from grokterm.cli import main
from grokterm.config import Config
from grokterm.runs.folder import RunFolder, create_run
from grokterm.runs.log import LogReader
from grokterm.runs.process import start_trainer, trainer_alive
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Session


@pytest.fixture
def two_runs(folders: Path) -> list[RunFolder]:
    """Two runs that train at leisure."""
    folders.mkdir()
    config = Config(p=5, width=4, pace=20)
    runs = [create_run(config, ViewOptions(), folders) for _ in range(2)]
    for folder in runs:
        start_trainer(folder)
    return runs


def test_runs_are_stopped_one_by_one_or_all(two_runs: list[RunFolder], capsys: pytest.CaptureFixture[str]) -> None:
    first, second = two_runs
    assert main(["stop"]) == 2
    assert "2 runs train: name one of 0001-add5-mlp, 0002-add5-mlp, or give --all" in capsys.readouterr().err
    assert main(["stop", "1"]) == 0
    assert capsys.readouterr().out == "0001-add5-mlp is stopped, its last checkpoint is kept\n"
    assert not trainer_alive(first)
    assert trainer_alive(second)
    assert main(["stop", "--all"]) == 0
    assert capsys.readouterr().out == "0002-add5-mlp is stopped, its last checkpoint is kept\n"
    assert not trainer_alive(second)
    assert main(["stop"]) == 0
    assert capsys.readouterr().out == "no run trains\n"
    assert main(["stop", "last"]) == 0
    assert capsys.readouterr().out == "0002-add5-mlp does not train\n"


def test_a_stopped_run_says_so_in_its_log(two_runs: list[RunFolder]) -> None:
    assert main(["stop", "--all"]) == 0
    for folder in two_runs:
        sessions = [record for record in LogReader(folder.log_path).read() if isinstance(record, Session)]
        assert [session.name for session in sessions] in (["started", "stopped"], [])
