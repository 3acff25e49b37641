"""Signals, hang-ups, stalled terminals and crashes: the terminal is restored, and the trainer fares as it should."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from pathlib import Path

import psutil
import pytest

from grokterm.runs.folder import RunFolder, find_run
from grokterm.runs.log import LogReader
from grokterm.runs.process import trainer_alive, trainer_of
from grokterm.wire.records import Scalars
from tests.terminal.conftest import Attach, Grokterm, Watched
from tests.terminal.terminal import Terminal

AWAY = 5.0
"""Seconds: longer than a trainer may be silent before the screen says so."""


def shown_step(terminal: Terminal) -> int:
    found = re.search(r"step ([\d,]+)", terminal.text)
    return int(found[1].replace(",", "")) if found else -1


def step(folder: RunFolder) -> int:
    return max((record.step for record in LogReader(folder.log_path).read() if isinstance(record, Scalars)), default=0)


def trains_on(terminal: Terminal, folder: RunFolder) -> None:
    """Waits until the trainer has gone further without its viewer."""
    before = step(folder)
    terminal.until(lambda: step(folder) > before, "further steps")
    assert trainer_alive(folder)


@pytest.fixture
def watched(grokterm: Grokterm, folders: Path) -> Watched:
    """A viewer on a run whose trainer it has started, for what could end that trainer with it: its own child."""
    terminal = grokterm(afresh=True)
    terminal.shows("● training", "step [1-9]")
    return terminal, find_run("last", folders)


def test_sigterm_restores_the_terminal_and_the_trainer_trains_on(attached: Watched) -> None:
    terminal, folder = attached
    terminal.signal(signal.SIGTERM)
    assert terminal.ends() == 128 + signal.SIGTERM
    assert terminal.restored
    assert "grokterm attach 1" in terminal.text
    trains_on(terminal, folder)


def test_sighup_restores_the_terminal_and_the_trainer_trains_on(attached: Watched) -> None:
    terminal, folder = attached
    terminal.signal(signal.SIGHUP)
    assert terminal.ends() == 128 + signal.SIGHUP
    assert terminal.restored
    trains_on(terminal, folder)


def test_after_a_hang_up_the_viewer_ends_and_the_trainer_trains_on(watched: Watched) -> None:
    terminal, folder = watched
    terminal.hang_up()
    terminal.ends()
    trains_on(terminal, folder)


def test_a_killed_viewer_leaves_the_trainer_alone(watched: Watched) -> None:
    terminal, folder = watched
    terminal.signal(signal.SIGKILL)
    assert terminal.ends() == -signal.SIGKILL
    trains_on(terminal, folder)


def test_a_stalled_terminal_does_not_hold_up_the_trainer_and_catches_up(attached: Watched) -> None:
    terminal, folder = attached
    terminal.stalled = True
    terminal.resize(100, 30)
    terminal.press(*"xyxyTTTT")
    trains_on(terminal, folder)
    trains_on(terminal, folder)
    terminal.stalled = False
    terminal.until(lambda: terminal.screen.display[29].startswith(" space pause"), "the footer at its new place")
    terminal.shows("● training", "1 Accuracy", "6 Events")
    terminal.press("d")
    assert terminal.ends() == 0
    assert terminal.restored


def test_sigterm_ends_a_viewer_whose_terminal_has_stalled(attached: Watched) -> None:
    terminal, folder = attached
    terminal.stalled = True
    for size in ((200, 60), (120, 40), (200, 60)):
        terminal.resize(*size)
        terminal.press(*"TxyTxyTxy")
        trains_on(terminal, folder)
    terminal.signal(signal.SIGTERM)
    assert terminal.ends() == 128 + signal.SIGTERM


def test_ctrl_z_stops_and_fg_goes_on(attached: Watched) -> None:
    terminal, _ = attached
    terminal.signal(signal.SIGTSTP)
    process = psutil.Process(terminal.pid)
    terminal.until(lambda: process.status() == psutil.STATUS_STOPPED, "a stop")
    terminal.until(lambda: terminal.modes[1049] is False, "the main screen")
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.until(lambda: terminal.modes[1049], "the viewer's screen")
    terminal.shows("● training")


def test_a_terminal_without_a_viewer_s_needs_is_told_so(grokterm: Grokterm) -> None:
    terminal = grokterm(environment={"TERM": "dumb"})
    assert terminal.ends() == 2
    assert "use grokterm train" in terminal.text


def test_sigterm_restores_the_terminal_before_the_viewer_is_loaded(grokterm: Grokterm, folders: Path) -> None:
    terminal = grokterm(afresh=True)
    terminal.shows("a \\+ b mod 11")
    terminal.signal(signal.SIGTERM)
    assert terminal.ends() == 128 + signal.SIGTERM
    assert terminal.restored
    trains_on(terminal, find_run("last", folders))


def test_a_suspended_viewer_holds_nothing_up_and_catches_up(attached: Watched) -> None:
    """It was away for longer than a trainer may be silent, and knows that it was not the trainer."""
    terminal, folder = attached
    terminal.signal(signal.SIGSTOP)
    process = psutil.Process(terminal.pid)
    terminal.until(lambda: process.status() == psutil.STATUS_STOPPED, "a stop")
    stopped, before = time.monotonic(), step(folder)
    trains_on(terminal, folder)
    terminal.until(lambda: time.monotonic() > stopped + AWAY, "its end")
    missed = step(folder)
    assert missed > before
    seen = len(terminal.output)
    os.kill(terminal.pid, signal.SIGCONT)
    terminal.until(lambda: shown_step(terminal) >= missed, "the steps that were missed")
    terminal.shows("● training")
    assert b"not answering" not in terminal.output[seen:]


def test_a_run_folder_that_is_removed_ends_the_viewer_and_its_trainer(attach_own: Attach) -> None:
    terminal, folder = attach_own()
    trainer = trainer_of(folder)
    assert trainer is not None
    terminal.until(lambda: not subprocess.run(["rm", "-rf", folder.path]).returncode, "the end of the folder")
    assert terminal.ends() == 2
    assert terminal.restored
    told = "".join(terminal.text.split())  # as it wraps, whatever its length
    assert f"grokterm:therunfolder{folder.path}isgone:" in told
    terminal.until(lambda: not psutil.pid_exists(trainer.pid), "the end of the trainer")
