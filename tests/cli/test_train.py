from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from grokterm.runs.folder import RunFolder, list_runs, runs_home
from grokterm.runs.log import LogReader
from grokterm.runs.process import trainer_alive, trainer_of
from grokterm.wire.records import Record, Scalars, Session
from tests.cli.terminals import on_terminal, run_here
from tests.commands import DEVNULL, PIPE, start_command
from tests.patience import PATIENCE

SMALL = ["--p", "11", "--width", "32", "--log-every", "5"]
KEYS = [
    *("run", "step", "phase"),
    *("train_accuracy", "test_accuracy", "train_loss", "test_loss", "steps_per_second", "seconds"),
    *("device", "precision", "seed"),
    *("memorized_step", "grokked_step_90", "grokked_step_95", "grokked_step_99", "delay"),
    *("generalization_gap", "acceleration_step", "acceleration_window"),
]


def train(*arguments: str) -> subprocess.CompletedProcess[str]:
    return run_here("train", *SMALL, *arguments)


def until(condition: Callable[[], bool], seconds: float = PATIENCE) -> None:
    """Waits for a condition that is sure to come about."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def records(folder: RunFolder) -> list[Record]:
    return LogReader(folder.log_path).read()


def begun() -> RunFolder:
    """The one run, once it trains."""
    until(lambda: bool(list_runs(runs_home())))
    (folder,) = list_runs(runs_home())
    until(lambda: any(isinstance(record, Scalars) and record.step for record in records(folder)))
    return folder


def test_json_says_where_the_run_is_and_then_what_came_of_it(folders: Path) -> None:
    done = train("--until", "60", "--seed", "3", "--lr", ".01", "--json")
    assert done.returncode == 0, done.stderr
    place, told = map(json.loads, done.stdout.splitlines())
    assert (place["run"], place["folder"]) == ("0001-add11-mlp", str(folders / "0001-add11-mlp"))
    assert list(place) == ["run", "folder", "socket"]
    assert list(told) == KEYS
    assert (told["run"], told["step"], told["seed"], told["device"]) == ("0001-add11-mlp", 60, 3, "cpu")
    (folder,) = list_runs(folders)
    last = [record for record in records(folder) if isinstance(record, Scalars)][-1]
    assert (told["train_loss"], told["test_accuracy"]) == (last.train_loss, last.test_accuracy)
    assert told["steps_per_second"] == pytest.approx(60 / told["seconds"])
    assert told["generalization_gap"] == last.train_accuracy - last.test_accuracy
    assert told["precision"] in ("float32", "bfloat16")
    assert "target reached at step 60" in done.stderr
    assert not trainer_alive(folder)


def test_the_first_record_that_memorizes_is_the_target(folders: Path) -> None:
    done = train("--until", "memorized", "--lr", ".01", "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["step"] == told["memorized_step"] > 0
    made = [record for record in records(list_runs(folders)[0]) if isinstance(record, Scalars)]
    assert made[-1].train_accuracy > 0.99 >= max(record.train_accuracy for record in made[:-1])


def test_status_3_when_the_limit_comes_first() -> None:
    done = train("--max-steps", "15")
    assert done.returncode == 3
    assert done.stderr == ""
    lines = done.stdout.splitlines()
    assert lines[0] == "run 0001-add11-mlp"
    assert lines[1].startswith("step ")
    assert lines[-1].startswith("step limit reached at step 15: memorizing, train ")


def test_a_loss_that_is_not_finite_ends_with_status_1(folders: Path) -> None:
    done = train("--lr", "10", "--epsilon", "1", "--wd", "1000", "--json")
    assert (done.returncode, done.stdout.count("\n")) == (1, 1)
    assert "not finite" in done.stderr.replace("no longer", "not")
    assert done.stderr.splitlines()[-1].startswith("grokterm: training of 0001-add11-mlp diverged after step ")
    (folder,) = list_runs(folders)
    assert not trainer_alive(folder)
    (told,) = json.loads(run_here("runs", "--json").stdout)
    assert told["state"] == "diverged"
    assert told["words"].startswith("the loss is no longer finite")


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_interrupted_it_stops_the_run_after_a_checkpoint(number: signal.Signals, status: int) -> None:
    arguments = ["train", *SMALL, "--until", "forever"]
    with start_command(arguments, (None, DEVNULL, PIPE), text=True) as process:
        folder = begun()
        process.send_signal(number)
        _, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, errors) == (status, "")
    assert not trainer_alive(folder)
    last = records(folder)[-1]
    assert isinstance(last, Session)
    assert last.name == "stopped"
    assert list(folder.checkpoint_folder.glob("*.safetensors"))


def test_a_trainer_that_dies_is_told_with_its_signal() -> None:
    arguments = ["train", *SMALL, "--until", "forever", "--json"]
    with start_command(arguments, (None, PIPE, PIPE), text=True) as process:
        folder = begun()
        trainer = trainer_of(folder)
        assert trainer
        with folder.trainer_log_path.open("a") as log:
            log.write("its last \x1b[31mwords\n")
        os.kill(trainer.pid, signal.SIGKILL)
        printed, errors = process.communicate(timeout=PATIENCE)
    assert process.returncode == 1
    assert list(json.loads(printed)) == ["run", "folder", "socket"]
    assert "its last \\x1b[31mwords" in errors
    sentence = errors.splitlines()[-1]
    assert sentence.startswith("grokterm: the trainer of 0001-add11-mlp ended at step ")
    assert "signal 9, Killed" in sentence


def test_on_a_terminal_one_line_changes_in_place() -> None:
    status, printed = on_terminal(["train", *SMALL, "--until", "60"])
    assert status == 0
    assert "run 0001-add11-mlp" in printed
    assert "━" in printed
    assert "target reached at step 60" in printed


FRAGILE = [
    *("--arch", "one-hot", "--activation", "quadratic", "--init", "closed-form", "--p", "11", "--width", "32"),
    *("--lr", ".03", "--measure-every", "0", "--precision", "float32", "--until", "130"),
]
"""A run that begins with a solution, which its learning rate destroys at step 50."""


def test_trouble_that_pauses_ends_it_with_status_1(folders: Path) -> None:
    done = run_here("train", *FRAGILE, "--on-trouble", "pause")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == (
        "grokterm: training of 0001-add11-one-hot ended at step 50, paused: collapsed; "
        "lower the learning rate or raise epsilon, or fork from a step before"
    )
    (folder,) = list_runs(folders)
    assert not trainer_alive(folder)


def test_trouble_that_is_rewound_is_told_and_training_comes_to_its_end() -> None:
    done = run_here("train", *FRAGILE, "--on-trouble", "rewind")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "step 50: collapsed: test accuracy fell below 90 %" in lines
    assert "step 50: back to the model of step 10, learning rate 0.03 → 0.015" in lines


def test_a_terminal_rings_where_that_is_asked_for_and_a_pipe_does_not() -> None:
    status, printed = on_terminal(["train", *FRAGILE, "--on-trouble", "rewind", "--notify", "osc9"])
    assert status == 0
    assert "\x1b]9;0001-add11-one-hot, step 10: grokked: test accuracy reached 99 %\a" in printed
    assert "\x1b]9;0001-add11-one-hot, step 130: step 130 reached\a" in printed
    done = run_here("train", *FRAGILE, "--notify", "bell")
    assert "\a" not in done.stdout


def test_a_command_is_told_without_a_screen(folders: Path, tmp_path: Path) -> None:
    told = tmp_path / "told"
    command = f"{sys.executable} -c 'import sys; open(sys.argv[1], \"a\").write(sys.stdin.read())' {told}"
    done = run_here("train", *FRAGILE, "--on-trouble", "rewind", "--notify", command)
    assert done.returncode == 0
    (folder,) = list_runs(folders)
    until(lambda: told.exists() and '"end"' in told.read_text())
    news = [json.loads(line) for line in told.read_text().splitlines()]
    kinds = [(one["kind"], one["step"]) for one in news]
    assert kinds[:3] == [("memorized", 10), ("grokked", 10), ("trouble", 50)]
    assert kinds[-1] == ("end", 130)
    assert {one["run"] for one in news} == {folder.id}
    assert str(told) not in folder.config_path.read_text()
