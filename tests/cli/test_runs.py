from __future__ import annotations

import json
import time
from pathlib import Path

import pytest
from rich.console import Console

from grokterm.cli import main
from grokterm.cli.runs import table
from grokterm.config import Config
from grokterm.number_format import age, percent, size
from grokterm.runs.folder import RunFolder, create_run, runs_home
from grokterm.runs.log import LogWriter
from grokterm.runs.summary import RunSummary
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Event, Record, Session
from tests.measured import measured


def run_with(*records: Record, config: Config | None = None) -> RunFolder:
    folder = create_run(config or Config(p=53), ViewOptions(), runs_home())
    writer = LogWriter(folder.log_path)
    for record in records:
        writer.append(record)
    writer.close()
    return folder


def grokked() -> RunFolder:
    return run_with(
        Session(0, "started", "started", time.time()),
        measured(0, train_loss=4.0, test_loss=4.0, train_accuracy=0.01, test_accuracy=0.01, gradient_norm=None),
        measured(
            1200,
            3.5,
            train_loss=0.001,
            test_loss=0.02,
            train_accuracy=1.0,
            test_accuracy=0.995,
            sum_squared_weights=9.0,
            gradient_norm=0.1,
        ),
        Event(1200, "grokked", "grokked"),
        Session(1200, "finished", "finished", time.time()),
    )


def test_without_runs_it_says_how_to_start(folders: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs"]) == 0
    assert capsys.readouterr().out == f"There is no run in {folders} yet: start one with grokterm, or grokterm train.\n"
    assert main(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_the_table_tells_all_about_each_run_newest_last(capsys: pytest.CaptureFixture[str]) -> None:
    grokked()
    run_with(config=Config(op="x2+xy+y2", arch="transformer"))
    assert main(["runs"]) == 0
    head, first, second, *_ = capsys.readouterr().out.splitlines()
    assert head.split() == ["run", "task", "architecture", "step", "phase", "train", "test", "state", "when", "size"]
    assert first.split("  ")[0] == "0001-add53-mlp"
    for words in ("a + b mod 53", "1,200", "grokked", "100.0 %", "99.5 %", "finished"):
        assert words in first
    assert second.startswith("0002-x2+xy+y2-97-transformer")


def test_json_has_the_same_by_name(capsys: pytest.CaptureFixture[str]) -> None:
    grokked()
    assert main(["runs", "--json"]) == 0
    (told,) = json.loads(capsys.readouterr().out)
    assert (told["id"], told["step"], told["state"]) == ("0001-add53-mlp", 1200, "finished")
    assert told["test_accuracy"] == 0.995


def test_json_tells_how_each_run_came_to_generalize(capsys: pytest.CaptureFixture[str]) -> None:
    curve = [
        measured(s, train_accuracy=min(s / 100, 1.0), test_accuracy=min(max(s - 400, 0) / 200, 1.0), gradient_norm=None)
        for s in range(0, 801, 10)
    ]
    told_of = (("memorized", 110), ("grokked_90", 590), ("grokked_95", 590), ("grokked", 600))
    run_with(*curve, *(Event(step, name, "") for name, step in told_of))  # type: ignore[arg-type]
    run_with(measured(0, train_loss=4.0, test_loss=4.0, train_accuracy=0.25, test_accuracy=0.125, gradient_norm=None))
    run_with().log_path.write_bytes(b"no record\n")
    assert main(["runs", "--json"]) == 0
    names = ["memorized_step", "grokked_step_90", "grokked_step_95", "grokked_step_99", "delay"]
    names += ["generalization_gap", "acceleration_step", "acceleration_window"]
    assert [[run[name] for name in names] for run in json.loads(capsys.readouterr().out)] == [
        [110, 590, 590, 600, 490, 0.0, 400, 30],
        [None, None, None, None, None, 0.125, None, None],
        [None] * 8,
    ]


def test_a_run_that_cannot_be_read_is_listed_with_the_reason(capsys: pytest.CaptureFixture[str]) -> None:
    folder = run_with()
    folder.config_path.write_text("p = ")
    assert main(["runs"]) == 0
    printed = capsys.readouterr().out
    assert "damaged" in printed
    assert f"{folder.config_path} cannot be read" in printed


@pytest.mark.parametrize("width", [40, 60, 80, 100, 120, 200])
def test_the_table_stays_legible_in_a_narrow_terminal(width: int) -> None:
    run = RunSummary(
        "0012-x3+xy2+y-1999-transformer", "a³ + ab² + b mod 1999", "transformer", 1_234_567, "generalizing", 1.0,
        0.5, "diverged", time.time() - 7200, 98_765_432, "",
    )  # fmt: skip
    console = Console(width=width, record=True, file=None, highlight=False)
    with console.capture() as capture:
        console.print(table([run], width))
    head, row = capture.get().splitlines()[:2]
    assert max(len(head), len(row)) <= width
    assert row.startswith("0012-x3")
    assert "1,234,567" in row
    assert "diverged" in row
    assert ("50.0 %" in row) == (width >= 60)
    assert ("99 MB" in row) == (width >= 200)


def test_names_from_the_disk_are_shown_as_they_are_and_harmless(
    folders: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run_with().path.rename(folders / "0001-[red]bold[-]\x1b[2J")
    assert main(["runs"]) == 0
    printed = capsys.readouterr().out
    assert "0001-[red]bold[-]\\x1b[2J" in printed
    assert "\x1b" not in printed


def test_amounts() -> None:
    now = time.time()
    ages = [age(now - seconds) for seconds in (0.5, 59, 61, 3600, 90_000)]
    assert ages == ["0 s ago", "59 s ago", "1 min ago", "1 h ago", "1 d ago"]
    assert [size(n) for n in (0, 999, 1000, 9949, 12_345, 9.99e7, 5e9, 1e16)] == [
        *("0 B", "999 B", "1.0 KB", "9.9 KB", "12 KB", "100 MB", "5.0 GB", "10000 TB")
    ]
    assert [percent(s) for s in (None, 0.0, 0.1234, 1.0)] == ["", "0.0 %", "12.3 %", "100.0 %"]


def test_columns_are_those_that_are_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    run = grokked()
    assert main(["runs", "--columns", "run,test,wd,grokked-step-99"]) == 0
    heading, line = capsys.readouterr().out.splitlines()
    assert heading.split() == ["run", "test", "wd", "grokked-step-99"]
    assert line.split() == [run.id, "99.5", "%", "1", "1,200"]
    assert main(["runs", "--columns", "run,step,weight_decay", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == [{"run": run.id, "step": 1200, "weight_decay": 1.0}]
    assert main(["runs", "--columns", "run,weigth_decay"]) == 2
    assert "unknown column 'weigth_decay'" in capsys.readouterr().err
