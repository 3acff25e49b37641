"""`grokterm record`: a run on a screen from its first step to its last, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import pyte
import pytest

from grokterm.cli import main
from grokterm.config import Config
from grokterm.runs.folder import create_run, find_run, list_runs
from grokterm.view_options import ViewOptions
from tests.cli.terminals import run_here


def screen_at(path: Path, seconds: float) -> list[str]:
    header, *events = (json.loads(line) for line in path.read_text().splitlines())
    screen = pyte.Screen(header["width"], header["height"])
    stream = pyte.Stream(screen)
    for time, kind, text in events:
        if kind == "o" and time <= seconds:
            stream.feed(text)
    return [line.rstrip() for line in screen.display]


def test_a_run_is_played_from_its_first_step_to_its_last(home: Path, tmp_path: Path) -> None:
    small = ("--p", "7", "--width", "16", "--d-model", "8", "--until", "30", "--measure-every", "30", "--device", "cpu")
    assert run_here("train", *small).returncode == 0
    run = find_run("1", home)
    before = {path: path.stat().st_mtime_ns for path in run.path.rglob("*")}
    out = tmp_path / "run.cast"
    done = run_here("record", "1", "--out", str(out), "--seconds", "3", "--size", "80x24", "--graph", "ascii")
    assert done.returncode == 0, done.stderr
    assert {path: path.stat().st_mtime_ns for path in run.path.rglob("*")} == before
    assert list_runs(home) == [run]
    header, *events = (json.loads(line) for line in out.read_text().splitlines())
    assert (header["version"], header["width"], header["height"]) == (2, 80, 24)
    times = [time for time, _, _ in events]
    assert times == sorted(times)
    assert {time for time in times if 0 < time <= 3} == {1.0, 2.0, 3.0}
    for at, step in ((0.0, "step 0"), (1.0, "step 10"), (2.0, "step 20"), (3.0, "step 30")):
        assert any(step in line for line in screen_at(out, at)[:3]), screen_at(out, at)
    assert main(["record", "1", "--out", str(out)]) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(["9"], "there is no run"), (["1"], "has not begun to train: there is nothing to record")],
)
def test_what_cannot_be_recorded_is_one_sentence(
    home: Path, arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    create_run(Config(p=7), ViewOptions(), home)
    assert main(["record", *arguments]) == 2
    told = capsys.readouterr().err
    assert said in told
    assert told.count("\n") == 1


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--seconds", "0"),
        ("--seconds", "nan"),
        ("--seconds", "long"),
        ("--size", "10x10"),
        ("--size", "120"),
        ("--size", "ax9"),
    ],
)
def test_bad_options_are_named(home: Path, option: str, value: str, capsys: pytest.CaptureFixture[str]) -> None:
    create_run(Config(p=7), ViewOptions(), home)
    assert main(["record", "1", option, value]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"grokterm: {option} must be ")
    assert told.count("\n") == 1
