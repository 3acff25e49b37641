"""Trainers that begin at once: torch is loaded into one process, and each trainer is a fork of that, of one thread.

`python -m tests.trainer.nursery` reads requests, one a line, as JSON: it forks a trainer for each `Start` and prints
its process id, and prints the exit status of the trainer that a `Poll` names, or null while that runs.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any, Final

import msgspec
import pytest

from grokterm.runs.folder import RunFolder
from grokterm.runs.process import start_trainer

LAUNCHER: Final = "grokterm.runs.process.subprocess"
"""Where `start_trainer` finds what launches a trainer."""


class Start(msgspec.Struct, tag=True):
    """Asks for a trainer with arguments, in an environment, that prints into its log."""

    arguments: list[str]
    log: str
    environment: dict[str, str]


class Poll(msgspec.Struct, tag=True):
    """Asks how a trainer has ended."""

    pid: int


class Nursery:
    """The process with torch in it, from the first trainer on as long as the context lasts."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Nursery:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.communicate()

    def start(self, folder: RunFolder) -> int:
        """Starts a trainer on a folder; its process id."""
        return self._start([str(folder.path.absolute())], str(folder.trainer_log_path.absolute()))

    def launch(
        self, command: Sequence[str], *, stdout: int, cwd: Path, env: dict[str, str] | None = None, **more: Any
    ) -> Forked | subprocess.Popen[bytes]:
        """Launches a trainer in place of `subprocess.Popen`: the same one, of which only torch is there already."""
        assert command[1:3] == ["-P", "-m"]
        assert str(cwd) == command[4]
        if command[3] != "grokterm.trainer":
            return subprocess.Popen(command, stdout=stdout, cwd=cwd, env=env, **more)
        return Forked(self, self._start(list(command[4:]), os.readlink(f"/proc/self/fd/{stdout}"), env))

    def poll(self, pid: int) -> int | None:
        """How a trainer of this nursery has ended; None while it runs."""
        return self._ask(Poll(pid))

    def _start(self, arguments: list[str], log: str, environment: dict[str, str] | None = None) -> int:
        pid = self._ask(Start(arguments, log, environment or dict(os.environ)))
        assert pid is not None
        return pid

    def _ask(self, request: Start | Poll) -> int | None:
        with self._lock:
            if self._process is None:
                self._process = subprocess.Popen(
                    [sys.executable, "-m", "tests.trainer.nursery"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    cwd=Path(__file__).parents[2],
                )
            assert self._process.stdin is not None
            assert self._process.stdout is not None
            self._process.stdin.write(msgspec.json.encode(request) + b"\n")
            self._process.stdin.flush()
            return msgspec.json.decode(self._process.stdout.readline(), type=int | None)


class Forked:
    """A trainer of a nursery, asked as a child of this process is."""

    def __init__(self, nursery: Nursery, pid: int) -> None:
        self._nursery = nursery
        self.pid = pid
        self.returncode: int | None = None

    def poll(self) -> int | None:
        """Exit status, −N after signal N; None while it runs."""
        if self.returncode is None:
            self.returncode = self._nursery.poll(self.pid)
        return self.returncode


class Launcher:
    """What `start_trainer` takes of `subprocess`."""

    DEVNULL = subprocess.DEVNULL

    def __init__(self, nursery: Nursery) -> None:
        self.Popen = nursery.launch


def start_afresh(folder: RunFolder, paused: bool = False) -> int:
    """Starts a trainer in an interpreter of its own that loads torch, as the program does; its process id."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LAUNCHER, subprocess)
        return start_trainer(folder, paused)


def main() -> None:
    """Forks until the end of the input."""
    import torch

    from grokterm.trainer import loop, opening  # noqa: F401

    torch.set_num_threads(1)
    ended: dict[int, int] = {}

    def bury(*_: Any) -> None:
        try:
            while (found := os.waitpid(-1, os.WNOHANG))[0]:
                ended[found[0]] = os.waitstatus_to_exitcode(found[1])
        except ChildProcessError:
            pass

    signal.signal(signal.SIGCHLD, bury)
    for line in sys.stdin.buffer:
        request = msgspec.json.decode(line, type=Start | Poll)
        answer = _fork(request) if isinstance(request, Start) else ended.get(request.pid)
        sys.stdout.buffer.write(msgspec.json.encode(answer) + b"\n")
        sys.stdout.buffer.flush()
    os._exit(0)  # torch takes its time to be unloaded


def _fork(request: Start) -> int:
    pid = os.fork()
    if pid == 0:
        _train(request)
    return pid


def _train(request: Start) -> None:
    """Becomes a trainer, as if it had been started on its own."""
    from grokterm.trainer.__main__ import main

    status = 1
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.environ.clear()
        os.environ.update(request.environment)
        tempfile.tempdir = None  # as the environment says
        os.setsid()
        os.chdir(request.arguments[0])
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        log = os.open(request.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.dup2(log, 1)
        os.dup2(log, 2)
        status = main(request.arguments)
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


if __name__ == "__main__":
    main()
