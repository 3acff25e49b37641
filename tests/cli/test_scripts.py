"""The commands for scripts: what they do to a run that trains, what they print, and their exit status."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, get_args

import pytest

import grokterm.guide
from grokterm.config import Config
from grokterm.milestones import MILESTONES
from grokterm.runs.log import LogReader
from grokterm.runs.summary import RunState
from grokterm.wire.records import Change
from tests.cli.terminals import run_here
from tests.commands import PIPE, start_command
from tests.trainer.running import TINY, Running, wait_for


@pytest.fixture
def running(home: Path) -> Running:
    """A run that trains slowly."""
    return Running(home, TINY.changed({"pace": 50.0})).start()


def told(*arguments: str, status: int = 0) -> Any:
    """What a command prints as JSON: one line on standard output, nothing on standard error."""
    done = run_here(*arguments, "--json")
    assert done.returncode == status, done.stderr
    assert done.stderr == ""
    (line,) = done.stdout.splitlines()
    return json.loads(line)


def refused(*arguments: str) -> str:
    done = run_here(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("grokterm: ")
    assert done.stderr.count("\n") == 1
    return done.stderr.removeprefix("grokterm: ").strip()


def test_settings_are_changed_as_by_keys_and_logged_with_who(running: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOGNAME", "ada")
    answer = told("set", "1", "wd=3", "lr=1e-3")
    (change,) = [r for r in LogReader(running.folder.log_path).read() if isinstance(r, Change)]
    assert answer == {"run": running.folder.id, "step": change.step, "words": change.words}
    assert change.values == {"weight_decay": 3.0, "lr": 0.001}
    assert change.by == "ada"
    assert run_here("set", "1", "wd=3").stdout == f"{running.folder.id}: nothing to change\n"


def test_it_pauses_takes_steps_and_goes_on(running: Running) -> None:
    at = told("pause", "1")["step"]
    assert told("status", "1")["state"] == "paused"
    after = told("step", "1", "3")
    assert after == {"run": running.folder.id, "step": at + 3, "words": f"paused at step {at + 3:,}"}
    assert run_here("go", "1").stdout == f"{running.folder.id}: goes on\n"
    wait_for(lambda: told("status", "1")["trainer"]["step"] > at + 3, "further steps")
    assert told("status", "1")["state"] == "training"


def test_status_has_settings_milestones_and_where_the_run_is(running: Running) -> None:
    told("pause", "1")
    found = told("status", "1")
    assert found["run"] == running.folder.id
    assert found["folder"] == str(running.folder.path)
    assert Path(found["socket"]).is_socket()
    assert found["settings"] == TINY.changed({"pace": 50.0}).as_dict()
    assert found["step"] == found["trainer"]["step"]
    assert found.keys() >= {milestone.step_name for milestone in MILESTONES} | {"phase", "train_accuracy", "tags"}
    assert run_here("status", "1").stdout.startswith(f"{running.folder.id}: paused, step {found['step']:,}, memorizing")
    run_here("stop", "1")
    ended = told("status", "1")
    assert (ended["state"], ended["trainer"], ended["socket"]) == ("stopped", None, None)


def test_events_are_the_records_of_the_log_and_can_be_followed(running: Running) -> None:
    with start_command(["events", "1", "--follow", "--json"], (None, PIPE, None), text=True) as follower:
        told("set", "1", "wd=2")
        told("pause", "1")
        run_here("stop", "1")
        assert follower.stdout is not None
        lines = [json.loads(line) for line in follower.stdout]
    assert follower.returncode == 0
    assert [line["kind"] for line in lines].count("change") == 1
    assert [line["name"] for line in lines if line["kind"] == "session"] == ["started", "paused", "stopped"]
    printed = run_here("events", "1", "--json").stdout
    assert [json.loads(line) for line in printed.splitlines()] == lines
    words = run_here("events", "1").stdout
    assert "weight decay 1 → 2" in words
    assert "paused" in words


def test_waiting_ends_where_it_is_there_where_the_run_has_ended_and_where_the_time_is_over(running: Running) -> None:
    assert told("wait", "1", "--until", "20")["reached"] is True
    late = told("wait", "1", "--until", "1000000", "--timeout", "0.05", status=124)
    assert (late["reached"], late["phase"]) == (False, "memorizing")
    run_here("stop", "1")
    assert told("wait", "1", "--until", "1000000", status=3)["reached"] is False
    assert run_here("wait", "1").returncode == 3
    assert run_here("wait", "1", "--until", "20").stdout.startswith(f"{running.folder.id} is there: step ")


def test_waiting_for_the_end_is_over_at_the_goal(home: Path) -> None:
    Running(home, TINY.changed({"until": 200})).start()
    assert told("wait", "1")["step"] == 200


def test_training_says_first_where_it_is(home: Path) -> None:
    done = run_here("train", "--p", "7", "--width", "16", "--until", "20", "--device", "cpu", "--json")
    first, last = map(json.loads, done.stdout.splitlines())
    assert first == {
        "run": "0001-add7-mlp",
        "folder": str(home / "0001-add7-mlp"),
        "socket": str(home / "0001-add7-mlp" / "socket"),
    }
    assert (last["run"], last["step"]) == (first["run"], 20)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("set", "1"), "set needs settings and their values, such as wd=3 lr=1e-3: see grokterm set --help"),
        (("set", "1", "wd"), "a setting is written with its value, such as wd=3, not wd"),
        (("set", "1", "wd=1", "weight_decay=2"), "weight_decay is given twice: give it once"),
        (("set", "1", "wd=-1"), "--weight-decay must be a number from 0 to 1,000, not -1"),
        (("set", "1", "weigth=1"), "unknown setting 'weigth'"),
        (("step", "1", "0"), "the number of steps must be a whole number from 1 on, not 0"),
        (("step", "1", "some"), "the number of steps must be a whole number from 1 on, not some"),
        (("wait", "1", "--until", "later"), "--until must be memorized, grokked, forever, or a whole number from 1 to"),
        (("wait", "1", "--timeout", "-1"), "--timeout must be a number of seconds above 0, not -1"),
    ],
)
def test_what_cannot_be_asked_gets_one_sentence(arguments: tuple[str, ...], words: str, home: Path) -> None:
    Running(home)
    assert refused(*arguments).startswith(words)


@pytest.mark.parametrize("command", [("set", "1", "wd=1"), ("pause", "1"), ("go", "1"), ("step", "1", "5")])
def test_a_run_without_a_trainer_is_told_how_to_go_on(command: tuple[str, ...], home: Path) -> None:
    run = Running(home, Config(p=7, width=16))
    assert (
        refused(*command) == f"{run.folder.id} does not train: grokterm train --resume {run.folder.id} goes on with it"
    )


def test_what_starts_a_new_run_is_refused_by_the_trainer(running: Running) -> None:
    assert "seed" in refused("set", "1", "seed=3")


def test_the_guide_names_every_field(running: Running) -> None:
    page = (Path(grokterm.guide.__file__).parent / "pages" / "scripts.md").read_text()
    told("wait", "1", "--until", "1")
    told("pause", "1")
    found = told("status", "1")
    fields = {*found, *found["trainer"], *told("wait", "1", "--until", "1")}
    assert {field for field in fields if f"`{field}`" not in page} == set()
    states = get_args(RunState)
    assert [state for state in states if state not in page] == []
