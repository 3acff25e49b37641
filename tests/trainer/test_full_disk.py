"""A disk that is really full, and a folder that is really read-only: training waits and loses nothing."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grokterm.runs.checkpoints import list_checkpoints, load_checkpoint, read_info
from grokterm.wire.messages import Go, Pause, Status
from tests.needs import DISK, need
from tests.trainer.running import TINY, Running, change, wait_for

NewRun = Callable[..., Running]


def system(*command: str) -> bool:
    """Whether a command of the system went well."""
    try:
        return subprocess.run(command, capture_output=True, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


@pytest.fixture
def small_disk(folders: Path) -> Iterator[Path]:
    """A disk of some hundred kilobytes as the home of runs."""
    folders.mkdir(parents=True)
    made = sys.platform == "linux" and system("mount", "-t", "tmpfs", "-o", "size=128k", "tmpfs", str(folders))
    need(made, DISK)
    yield folders
    assert system("umount", "-l", str(folders))


@pytest.fixture
def run(small_disk: Path) -> Iterator[Running]:
    """A run on it that writes as fast as it can."""
    running = Running(small_disk, TINY.changed({"log_every": 1}))
    yield running
    running.clean_up()


def waits(run: Running, why: str) -> Status:
    """Waits until training stands, and makes sure that it says why and that nothing half-written is there."""
    paused = wait_for(lambda: status if (status := run.status()).state == "paused" else None, "a pause")
    assert why in paused.words
    assert "cannot be written" in paused.words
    assert "training goes on when it can" in paused.words
    assert run.records()
    assert run.folder.log_path.read_bytes().endswith(b"\n")
    for path in list_checkpoints(run.folder.checkpoint_folder):
        load_checkpoint(path)
    return paused


def test_a_full_disk_is_waited_for_and_nothing_half_written_is_kept(run: Running, small_disk: Path) -> None:
    run.start()
    run.reaches(20)
    paused = waits(run, "no space left on device")
    assert run.status().step == paused.step
    assert system("mount", "-o", "remount,size=64m", str(small_disk))
    run.reaches(paused.step + 100)
    run.terminate()
    steps = run.history().column("step")
    assert list(steps) == list(range(len(steps)))
    assert len(steps) > paused.step + 100
    told = [session.words for session in run.history().sessions if session.name == "paused"]
    assert any("no space left on device" in words for words in told)
    assert run.sessions()[:1] == ["started"]
    assert run.sessions()[-2:] == ["resumed", "stopped"]
    assert read_info(list_checkpoints(run.folder.checkpoint_folder)[-1]).step == int(steps[-1])


def test_a_read_only_folder_is_waited_for(run: Running) -> None:
    run.start()
    run.reaches(20)
    folder = str(run.folder.checkpoint_folder)
    assert system("mount", "--bind", folder, folder)
    try:
        wait_for(lambda: system("mount", "-o", "remount,bind,ro", folder), "a moment without an open file")
        assert run.command(change(weight_decay=2.0)).ok
        paused = waits(run, "read-only file system")
        assert system("mount", "-o", "remount,bind,rw", folder)
        run.reaches(paused.step + 10)
        assert run.status().words == ""
        run.terminate()
    finally:
        assert system("umount", "-l", folder)


def test_who_pauses_while_training_waits_keeps_it_paused(run: Running, small_disk: Path) -> None:
    run.start()
    paused = waits(run, "no space left on device")
    assert run.command(Pause(0)).ok
    assert system("mount", "-o", "remount,size=64m", str(small_disk))
    assert run.status().step == paused.step
    assert "training goes on" not in run.status().words
    assert run.command(Go(0)).ok
    run.reaches(paused.step + 10)
