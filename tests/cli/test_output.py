"""Output that cannot be written: one sentence and a status, and what the command does is done all the same."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from grokterm.output import OUTPUT_LOST
from grokterm.runs.folder import list_runs
from grokterm.runs.log import LogReader
from grokterm.wire.records import Event, Session
from tests.commands import COMMAND, PIPE, run_command, start_command
from tests.launching import completed
from tests.needs import DISK, need, only_with_full_device
from tests.patience import PATIENCE
from tests.runs.logged import logged
from tests.trainer.test_full_disk import system

FULL = only_with_full_device
TRAIN = ("train", "--p", "7", "--width", "16", "--until", "40")
NO_ROOM = "grokterm: standard output cannot be written: no space left on device\n"
BUFFERS = pytest.mark.parametrize("unbuffered", ["", "1"])


def command(*arguments: str, stdout: int | None, unbuffered: str = "", errors: int = PIPE) -> tuple[int, str]:
    """Exit status and standard error."""
    own = os.environ | {"PYTHONUNBUFFERED": unbuffered}
    with start_command(arguments, (None, stdout, errors), own, afresh=unbuffered != "", text=True) as process:
        done = completed(process, PATIENCE)
    return done.returncode, done.stderr or ""


def closed_pipe() -> int:
    """The writing end of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    return writing


@FULL
@pytest.mark.parametrize(
    ("line", "unbuffered"),
    [("doctor", ""), *((line, buffer) for line in ("runs", "guide circles", "--help", "stop") for buffer in ("", "1"))],
)
def test_a_full_disk_is_told_in_a_sentence(folders: Path, line: str, unbuffered: str) -> None:
    folders.mkdir()
    logged(folders)
    with Path("/dev/full").open("w") as full:
        status, said = command(*line.split(), stdout=full.fileno(), unbuffered=unbuffered)
    assert said == NO_ROOM
    assert status == OUTPUT_LOST or (line == "doctor" and status == 1)  # where something is missing, that is said


@BUFFERS
def test_nobody_reads(folders: Path, unbuffered: str) -> None:
    folders.mkdir()
    logged(folders)
    status, said = command("runs", stdout=closed_pipe(), unbuffered=unbuffered)
    assert (status, said) == (OUTPUT_LOST, "grokterm: standard output cannot be written: broken pipe\n")


@FULL
@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_run_comes_to_its_goal_though_nothing_can_be_printed(folders: Path, options: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        assert command(*TRAIN, *options, stdout=full.fileno())[0] == OUTPUT_LOST
    (folder,) = list_runs(folders)
    last = LogReader(folder.log_path).read()[-1]
    assert isinstance(last, Session)
    assert (last.name, last.step) == ("finished", 40)


def test_a_run_comes_to_its_goal_though_nobody_reads(folders: Path) -> None:
    with start_command(TRAIN, (None, PIPE, PIPE)) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.readline()
        process.stdout.close()
        assert process.stderr.read() == b"grokterm: standard output cannot be written: broken pipe\n"
        assert process.wait(60) == OUTPUT_LOST
    (folder,) = list_runs(folders)
    assert LogReader(folder.log_path).read()[-1].step == 40


@FULL
def test_what_fails_keeps_its_status(folders: Path) -> None:
    with Path("/dev/full").open("w") as full:
        assert command("runs", "--nope", stdout=full.fileno()) == (
            2,
            "grokterm: unknown option '--nope': did you mean --sort, or see grokterm runs --help\n",
        )
        assert command("runs", "--nope", stdout=None, errors=full.fileno()) == (2, "")
        assert command(*TRAIN, "--max-steps", "20", stdout=full.fileno()) == (3, NO_ROOM)
    assert command("bench", "--only", "nothing", stdout=closed_pipe())[0] == 2


def test_streams_that_are_closed_are_no_fault(folders: Path) -> None:
    folders.mkdir()
    (folder,) = [logged(folders)]
    before = folder.log_path.read_bytes()
    for closing in (">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-"):
        done = subprocess.run(["/bin/sh", "-c", f'"$@" {closing}', "sh", *COMMAND, "runs"], capture_output=True)
        assert (done.returncode, done.stderr) == (0, b"")
    assert folder.log_path.read_bytes() == before


def test_a_pipe_that_is_full_for_the_moment_is_waited_for(folders: Path) -> None:
    folders.mkdir()
    for words in ("x" * 30_000, "y" * 90_000):
        logged(folders, 10, [Session(10, "failed", words, 0.0)])
    reading, writing = os.pipe()
    fcntl.fcntl(writing, fcntl.F_SETFL, os.O_NONBLOCK)
    taken: list[bytes] = []

    def take() -> None:
        with os.fdopen(reading, "rb") as file:
            taken.append(file.read())

    reader = threading.Thread(target=take)
    process = start_command(["guide", "grokking"], (None, writing, PIPE))
    os.close(writing)
    reader.start()
    with process:
        assert process.stderr is not None
        assert process.stderr.read() == b""
    reader.join()
    assert process.returncode == 0
    assert taken[0].endswith(b"\n")


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk with room for one page."""
    place = tmp_path / "disk"
    place.mkdir()
    if not system("mount", "-t", "tmpfs", "-o", "size=4k", "tmpfs", str(place)):
        need(False, DISK)
    yield place
    assert system("umount", "-l", str(place))


def test_a_disk_that_becomes_full_keeps_what_was_written(folders: Path, small_disk: Path) -> None:
    with (small_disk / "out").open("w") as out:
        status, said = command("guide", "grokking", stdout=out.fileno(), unbuffered="1")
    assert (status, said) == (OUTPUT_LOST, NO_ROOM)
    whole = run_command("guide", "grokking").stdout
    assert (small_disk / "out").read_bytes() == whole.encode()[:4096]


HOSTILE = "a\x9b31m\x1b]0;b\x07\u202ec\u2028\u2066\udcff\U000e0041\x7f\x85é³"


@pytest.mark.parametrize("line", ["runs", "runs --json", "replay 1", "train --resume 1 --until 1 --json", "stop 1"])
def test_control_characters_from_files_are_never_printed(folders: Path, line: str) -> None:
    folders.mkdir()
    words = HOSTILE.replace("\udcff", "")
    run = logged(folders, 10, [Event(10, "grokked", words), Session(10, "failed", words, 0.0)])
    run.path.rename(folders / "0001-\x9b\u202eé")
    done = run_command(*line.split())
    printed = done.stdout + done.stderr
    assert all(c.isprintable() or c == "\n" for c in printed), ascii(printed)
    assert "Traceback" not in printed
    assert "\\u202e" in printed
    if line.endswith("--json"):
        told = json.loads(done.stdout)
        assert (told[0]["id"] if isinstance(told, list) else told["run"]) == "0001-\x9b\u202eé"
