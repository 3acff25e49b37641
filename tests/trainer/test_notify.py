"""The command of --notify: what it is given, and what becomes of one that fails."""

from __future__ import annotations

import json
import shlex
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grokterm.errors import ConfigError
from grokterm.news import News, news_of, notify_command, signal_bytes
from grokterm.runs.process import pass_on
from grokterm.trainer.notify import Notifier
from grokterm.troubles import TRAINING_TROUBLES, TROUBLES
from grokterm.wire.records import Event, Session
from tests.patience import PATIENCE
from tests.trainer.running import FRAGILE, Running, wait_for

NewRun = Callable[..., Running]
NEWS = News("0001-add", "/runs/0001-add", "grokked", "grokked", 120, "grokked: “99 %”", 1.0, 0.99)


def writer(path: Path) -> list[str]:
    """A command that appends its standard input to a file, whose name needs no shell."""
    return [sys.executable, "-c", "import sys; open(sys.argv[1], 'a').write(sys.stdin.read())", str(path)]


def told(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def test_the_command_is_given_the_news_as_json(tmp_path: Path) -> None:
    path = tmp_path / "with space; and $HOME"
    notifier = Notifier(writer(path))
    notifier.tell(NEWS)
    notifier.tell(NEWS)
    notifier.finish(PATIENCE)
    assert told(path) == 2 * [
        {
            "run": "0001-add",
            "folder": "/runs/0001-add",
            "kind": "grokked",
            "name": "grokked",
            "step": 120,
            "words": "grokked: “99 %”",
            "train_accuracy": 1.0,
            "test_accuracy": 0.99,
        }
    ]
    assert notifier.take_failure() == ""


@pytest.mark.parametrize(
    ("command", "words"),
    [
        (["/no/such/program"], "--notify /no/such/program: it cannot be started: No such file or directory"),
        ([sys.executable, "-c", "raise SystemExit(3)"], "it ended with status 3"),
    ],
)
def test_a_command_that_fails_is_told_of_once(command: list[str], words: str) -> None:
    notifier = Notifier(command)
    for _ in range(3):
        notifier.tell(NEWS)
    notifier.finish(PATIENCE)
    failure = notifier.take_failure()
    assert words.lower() in failure.lower()
    assert failure.endswith("; it is tried again, and not told of again")
    assert notifier.take_failure() == ""


def test_a_command_that_hangs_is_ended_with_its_children_and_training_does_not_wait() -> None:
    notifier = Notifier(["sh", "-c", "sleep 1000 & wait"], seconds=0.2)
    began = time.monotonic()
    notifier.tell(NEWS)
    assert time.monotonic() - began < PATIENCE / 2
    notifier.finish(PATIENCE)
    assert "it took longer than 0 s, and was ended" in notifier.take_failure()


def test_without_a_command_nothing_runs() -> None:
    notifier = Notifier([])
    notifier.tell(NEWS)
    notifier.finish()


def test_commands_are_split_as_a_shell_would_and_run_by_none() -> None:
    assert notify_command("ntfy send 'my topic' $HOME") == ["ntfy", "send", "my topic", "$HOME"]
    assert notify_command("bell") == notify_command("osc9") == notify_command("") == []


@pytest.mark.parametrize("wrong", ["'", "   ", "''"])
def test_what_is_no_command_is_refused(wrong: str) -> None:
    with pytest.raises(ConfigError, match=r"^--notify "):
        notify_command(wrong)


def test_a_terminal_rings_or_shows_what_it_is_told_and_no_escape_codes() -> None:
    assert signal_bytes("bell", "words") == "\a"
    assert signal_bytes("osc9", "a\x1b]0;b\a\nc") == "\x1b]9;a]0;bc\a"
    assert signal_bytes("ntfy", "words") == signal_bytes("", "words") == ""


def test_news_are_memorizing_grokking_trouble_and_the_end() -> None:
    silent = ("generalizing", "memorizing", "grokked_90", "grokked_95", "circuit_formation", "clean_up")
    events = [Event(1, name, "") for name in ("memorized", "grokked", *TRAINING_TROUBLES, *silent)]  # type: ignore[arg-type]
    sessions = [
        Session(1, name, "", 0.0) for name in ("started", "paused", "resumed", "noted", "finished", "stopped", "failed")
    ]  # fmt: skip
    slower = Session(1, "noted", TROUBLES["slower"].words("3"), 0.0, {"trouble": "slower"})
    found = [(news.kind, news.name) for news in news_of([*events, *sessions, slower], "run")]
    assert found == [
        ("memorized", "memorized"),
        ("grokked", "grokked"),
        *(("trouble", name) for name in TRAINING_TROUBLES),
        ("end", "finished"),
        ("end", "stopped"),
        ("end", "failed"),
        ("trouble", "slower"),
    ]


@pytest.fixture
def passed_on() -> Iterator[None]:
    """Nothing is passed on to the trainers of other tests."""
    yield
    pass_on()


@pytest.mark.usefixtures("passed_on")
def test_a_trainer_tells_what_came_about_and_not_what_it_repeats(new_run: NewRun, tmp_path: Path) -> None:
    path = tmp_path / "news"
    pass_on("--notify", shlex.join(writer(path)))
    run = new_run(FRAGILE, on_trouble="pause").start()
    wait_for(lambda: [one["name"] for one in told(path)] == ["memorized", "grokked", "collapsed"], "three news")
    assert told(path)[2]["step"] == 50
    assert told(path)[2]["folder"] == str(run.folder.path)
    assert told(path)[2]["test_accuracy"] < 0.9  # type: ignore[operator]
    run.kill()
    run.start()
    run.terminate()
    assert [one["name"] for one in told(path)] == ["memorized", "grokked", "collapsed", "stopped"]
    assert "--notify" not in run.folder.config_path.read_text()


@pytest.mark.usefixtures("passed_on")
def test_that_the_command_fails_stands_in_the_log_once(new_run: NewRun) -> None:
    pass_on("--notify", "/no/such/program")
    run = new_run(FRAGILE, until=60).start()
    run.ends()
    told = [session.words for session in run.history().sessions if "--notify" in session.words]
    assert len(told) == 1
    assert "--notify /no/such/program" in run.folder.trainer_log_path.read_text()
