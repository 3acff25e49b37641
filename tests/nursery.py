"""Programs of the product as forks of processes that have loaded what they need: torch alone takes two seconds."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import Any

import pytest

from grokterm.runs import process
from grokterm.runs.folder import RunFolder
from grokterm.runs.process import start_trainer
from tests.forking import Kind, Run
from tests.launching import LAUNCHERS, Launcher, Line


class Nursery(Launcher):
    """The process with torch in it, or that with the screens, from the first program on until the context ends.

    With an address it is one that another nursery has started, which ends with that.
    """

    def __init__(self, kind: Kind = "torch", address: str = "") -> None:
        self._kind, self._address = kind, address
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._owner: socket.socket | None = None
        self._line: Line | None = None

    def __enter__(self) -> Nursery:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._line is not None:
            self._line.close()
        if self._owner is not None and self._process is not None:
            self._owner.close()
            self._process.wait()

    def start(self, folder: RunFolder) -> int:
        """Starts a trainer on a folder; its process id."""
        place = folder.path.absolute()
        asked = Run("grokterm.trainer", [str(place)], dict(os.environ), str(place), new_session=True)
        nothing = os.open(os.devnull, os.O_RDONLY)
        log = os.open(folder.trainer_log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            return self.line().run(asked, (nothing, log, log))
        finally:
            os.close(nothing)
            os.close(log)

    def line(self) -> Line:
        """The connection to the process, which is started where it is not there yet."""
        with self._lock:
            self._line = self._line or (Line(self._address) if self._address else self._begin())
            return self._line

    def _begin(self) -> Line:
        self._owner, theirs = socket.socketpair()
        with theirs, socket.socket(socket.AF_UNIX) as listener:
            listener.bind("")  # to an address that nobody has, and that is no file
            listener.listen(64)
            line = Line(listener.getsockname().decode())
            numbers = (theirs.fileno(), listener.fileno())
            command = [sys.executable, "-m", "tests.forking", self._kind, *map(str, numbers)]
            self._process = subprocess.Popen(command, pass_fds=numbers, cwd=Path(__file__).parents[1])
        return line


@contextmanager
def launched_by(launcher: Any) -> Iterator[None]:
    """Within it those programs are started by a launcher, or afresh by `subprocess` itself."""
    with pytest.MonkeyPatch.context() as patch:
        for name in LAUNCHERS:
            patch.setattr(name, launcher)
        yield


def start_program(module: str, *arguments: str) -> Any:
    """Starts one of those programs, which prints to a pipe, as the product would."""
    launcher = vars(process)["subprocess"]
    command = [sys.executable, "-P", "-m", module, *arguments]
    return launcher.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)


def start_afresh(folder: RunFolder, paused: bool = False) -> int:
    """Starts a trainer in an interpreter of its own that loads torch, as the program does; its process id."""
    with launched_by(subprocess):
        return start_trainer(folder, paused)
