"""What only reads works where nothing can be written."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

import grokterm
from grokterm.runs.folder import RunFolder, create_run
from grokterm.trainer.opening import open_run
from grokterm.view_options import ViewOptions
from tests.by_kernels import steps_by_kernels
from tests.cli.terminals import run_here
from tests.commands import run_command
from tests.needs import DISK, need
from tests.trainer.running import TINY
from tests.trainer.test_full_disk import system

__all__ = ["steps_by_kernels"]


@pytest.fixture
def read_only(folders: Path, tmp_path: Path) -> Iterator[RunFolder]:
    """A run in a folder of runs on a disk that is read-only."""
    made = tmp_path / "made"
    for place in (folders, made):
        place.mkdir()
    if not system("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folders)):
        need(False, DISK)
    try:
        folder = create_run(TINY.changed({"until": 30}), ViewOptions(), made)
        session = open_run(folder).session
        session.begin()
        while session.step < 30:
            session.advance(30 - session.step)
        session.save("finished")
        shutil.copytree(folder.path, folders / folder.id)
        assert system("mount", "-o", "remount,ro", str(folders))
        yield RunFolder(folders / folder.id)
    finally:
        assert system("umount", "-l", str(folders))


def complaints(done: subprocess.CompletedProcess[str]) -> list[str]:
    """What was printed beside results, but for how far a replay has come."""
    return [line for line in done.stderr.splitlines() if not line.startswith("step ")]


def test_reading_needs_no_writing(
    read_only: RunFolder, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert not os.access(read_only.path, os.W_OK)
    # Nor any other place: no folder for temporary files can be written to, and the home of runs cannot be made.
    nowhere = {"TMPDIR": "/proc", "GROKTERM_HOME": "/proc/runs"}
    for line in ("runs", "runs --json", "report 1", "stop 1", "train --resume 1", "guide circles"):
        done = run_here(*line.split())
        assert (done.returncode, complaints(done)) == (0, []), line
        assert "0001-add7-mlp" in done.stdout or line.startswith("guide")
    done = run_command("replay", str(read_only.path), **nowhere)  # which loads torch there
    assert (done.returncode, complaints(done)) == (0, [])
    for name, value in nowhere.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(tempfile, "tempdir", None)  # as the environment says
    for line in (f"stop {read_only.path}", "guide", f"runs --runs {read_only.path.parent}"):
        done = run_command(*line.split())
        assert (done.returncode, complaints(done)) == (0, []), line
    assert run_command("runs").stdout.startswith("There is no run in /proc/runs yet")
    measures = grokterm.open_run(read_only.path).at(20).measures()
    assert measures["embedding_gini"] is not None
    assert capfd.readouterr() == ("", "")


def test_what_writes_says_that_it_cannot(read_only: RunFolder) -> None:
    for line, words in {
        "train --p 7": "is not writable: choose another with --runs",
        "fork 1 --detach": "is not writable: choose another with --runs",
        "train --resume 1 --until 60": "trainer.log cannot be written: read-only file system",
        "rm 1 --yes": "cannot be removed: read-only file system",
    }.items():
        done = run_here(*line.split())
        assert (done.returncode, done.stderr.count("\n")) == (2, 1), line
        assert words in done.stderr


def test_listing_makes_no_folder(folders: Path) -> None:
    for line in ("runs", "stop", "replay 1", "attach 1 2"):
        run_here(*line.split())
    assert not folders.exists()
