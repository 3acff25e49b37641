"""`grokterm reproduce`: lists, shows, refuses, is interrupted and goes on."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from grokterm.cli import main
from grokterm.reproductions.folder import Reproduced, ReproductionFolder, Row, create_reproduction, list_reproductions
from grokterm.reproductions.registry import reproductions
from grokterm.runs.folder import list_runs
from grokterm.runs.history import read_history
from grokterm.runs.process import trainer_alive
from tests.cli.terminals import run_here
from tests.commands import PIPE, STDOUT, start_command
from tests.trainer.running import wait_for

ROW = Row(
    words="it groks [red]at once[/red]\x1b[31m", source="a paper, 5.1", published="8,350", ours=(8000.0, 1e308),
    unit="steps", shown="8,000 (8,000 to never)", rule="PASS from 5,567 to 12,525", verdict="NEAR", note="p 59",
)  # fmt: skip
MADE = Reproduced(
    preset="nanda", quick=True, seeds=2, version="1", machine="a processor, 2 cores", begun=0.0, ended=75.0, rows=(ROW,)
)


def test_all_are_listed_with_what_came_of_the_last_one(home: Path) -> None:
    create_reproduction(MADE, home)
    done = run_here("reproduce")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("nanda        ")
    assert "r1, quick, " in lines[1]
    assert lines[1].endswith("ago: 1 NEAR")
    assert len(lines) == len(reproductions()) + 2
    told = json.loads(run_here("reproduce", "--json").stdout)
    assert [one["preset"] for one in told] == list(reproductions())
    assert told[0]["last"] == "r0001-nanda-quick"


def test_one_that_was_made_is_shown_and_nothing_in_it_is_markup(home: Path) -> None:
    create_reproduction(MADE, home)
    done = run_here("reproduce", "r1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("r0001-nanda-quick: quick, 2 seeds, a processor, 2 cores\n")
    assert "it groks [red]at once[/red]\\x1b[31m" in done.stdout
    assert "8,000 (8,000 to never)" in done.stdout
    assert done.stdout.rstrip().endswith("nanda: 1 NEAR in 1:15")
    told = json.loads(run_here("reproduce", "r1", "--json").stdout)
    assert told["rows"][0]["ours"] == [8000.0, 1e308]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["nandda"], "unknown reproduction 'nandda'"),
        (["r7"], "there is no reproduction 'r7'"),
        (["--again", "r7"], "there is no reproduction 'r7'"),
        (["--resume", "r7"], "there is no reproduction 'r7'"),
        (["nanda", "--all"], "exclude each other"),
        (["nanda", "--seeds", "0"], "--seeds must be a whole number from 1 to 1,000"),
        (["nanda", "--device", "moon"], "moon"),
    ],
)
def test_bad_input_is_one_sentence(
    home: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["reproduce", *arguments]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1
    assert list_reproductions(home) == []


def test_it_is_interrupted_and_goes_on(home: Path) -> None:
    arguments = ["reproduce", "gromov", "--quick", "--seeds", "1", "--device", "cpu"]
    child = start_command(arguments, (None, PIPE, STDOUT), text=True)
    folder = ReproductionFolder(home / "r0001-gromov-quick")
    wait_for(lambda: folder.is_reproduction and list_runs(folder.path), "its first run")
    child.send_signal(signal.SIGTERM)
    said, _ = child.communicate(timeout=120)
    assert child.returncode == 128 + signal.SIGTERM
    assert "interrupted: grokterm reproduce --resume r1 goes on" in said
    assert not any(map(trainer_alive, list_runs(folder.path)))
    done = run_here("reproduce", "--resume", "r1")
    assert done.returncode == 0, done.stderr
    assert len(list_runs(folder.path)) == 1
    about = folder.read()
    assert about.rows[0].words.startswith("accuracy of the closed form")
    assert about.rows[0].verdict == "PASS"
    assert read_history(list_runs(folder.path)[0]).column("test_accuracy")[0] == 1.0
