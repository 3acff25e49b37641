"""Programs of the product that need torch, each a fork of one process that has it: loading it takes two seconds."""

from __future__ import annotations

import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import IO, Any, Final

import msgspec
import pytest

from grokterm.runs.folder import RunFolder
from grokterm.runs.process import start_trainer
from tests.forking import BLOCK, LENGTH, Poll, Run

PROGRAMS: Final = ("grokterm.trainer", "grokterm.replay", "grokterm.past_pictures", "grokterm.opening")
LAUNCHERS: Final = (
    "grokterm.runs.process.subprocess",
    "grokterm.cli.own_process.subprocess",
    "grokterm.drawn.asking.subprocess",
)
"""Where the product finds what starts those."""


class Nursery:
    """The process with torch in it, from the first program on as long as the context lasts."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._socket: socket.socket | None = None

    def __enter__(self) -> Nursery:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._socket is not None and self._process is not None:
            self._socket.close()
            self._process.wait()

    def start(self, folder: RunFolder) -> int:
        """Starts a trainer on a folder; its process id."""
        place = folder.path.absolute()
        nothing = os.open(os.devnull, os.O_RDONLY)
        log = os.open(folder.trainer_log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            return self.run("grokterm.trainer", [str(place)], (nothing, log, log), place, new_session=True)
        finally:
            os.close(nothing)
            os.close(log)

    def run(
        self,
        module: str,
        arguments: Sequence[str],
        streams: Sequence[int],
        folder: Path | None = None,
        environment: Mapping[str, str] | None = None,
        new_session: bool = False,
    ) -> int:
        """Runs a program with these three streams; its process id."""
        own = dict(os.environ if environment is None else environment)
        pid = self._ask(Run(module, list(arguments), own, str(folder or Path.cwd()), new_session), streams)
        assert pid is not None
        return pid

    def poll(self, pid: int) -> int | None:
        """How one of its programs has ended, −N after signal N; None while it runs."""
        return self._ask(Poll(pid))

    def _ask(self, request: Run | Poll, streams: Sequence[int] = ()) -> int | None:
        with self._lock:
            connection = self._socket or self._begin()
            body = msgspec.json.encode(request)
            socket.send_fds(connection, [LENGTH.pack(len(body)) + body], streams)
            return msgspec.json.decode(connection.recv(BLOCK), type=int | None)

    def _begin(self) -> socket.socket:
        self._socket, theirs = socket.socketpair()
        with theirs:
            number = theirs.fileno()
            command = [sys.executable, "-m", "tests.forking", str(number)]
            self._process = subprocess.Popen(command, pass_fds=[number], cwd=Path(__file__).parents[1])
        return self._socket


class Forked:
    """A program of a nursery, asked as a `subprocess.Popen` is."""

    def __init__(
        self,
        nursery: Nursery,
        command: Sequence[str],
        streams: Sequence[int | None],
        folder: Path | None,
        environment: Mapping[str, str] | None,
        new_session: bool,
    ) -> None:
        self._nursery = nursery
        self.stdin: IO[bytes] | None = None
        self.stdout: IO[bytes] | None = None
        self.stderr: IO[bytes] | None = None
        self.returncode: int | None = None
        theirs = [self._stream(at, stream) for at, stream in enumerate(streams)]
        try:
            self.pid = nursery.run(command[0], command[1:], theirs, folder, environment, new_session)
        finally:
            for number in theirs:
                os.close(number)

    def _stream(self, at: int, stream: int | None) -> int:
        """The program's side of one of its streams."""
        if stream == subprocess.PIPE:
            reads, writes = os.pipe()
            ours, side, mode = (writes, reads, "wb") if at == 0 else (reads, writes, "rb")
            setattr(self, ("stdin", "stdout", "stderr")[at], open(ours, mode))  # noqa: SIM115
            return side
        if stream == subprocess.DEVNULL:
            return os.open(os.devnull, os.O_RDWR)
        return os.dup(at if stream is None else stream)

    def __enter__(self) -> Forked:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        self.wait()

    def poll(self) -> int | None:
        """Exit status, −N after signal N; None while it runs."""
        if self.returncode is None:
            self.returncode = self._nursery.poll(self.pid)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Exit status once it has ended; raises TimeoutExpired."""
        while self.poll() is None:
            try:
                number = os.pidfd_open(self.pid)
            except ProcessLookupError:
                continue
            try:
                ended, _, _ = select.select([number], [], [], timeout)
            finally:
                os.close(number)
            if not ended:
                raise subprocess.TimeoutExpired(str(self.pid), timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, number: int) -> None:
        """Sends it a signal, unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def terminate(self) -> None:
        """Asks it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Ends it."""
        self.send_signal(signal.SIGKILL)


class Launcher:
    """What the product takes of `subprocess` where it starts those programs."""

    PIPE = subprocess.PIPE
    DEVNULL = subprocess.DEVNULL
    TimeoutExpired = subprocess.TimeoutExpired

    def __init__(self, nursery: Nursery) -> None:
        self._nursery = nursery

    def Popen(
        self,
        command: Sequence[str],
        *,
        stdin: int | None = None,
        stdout: int | None = None,
        stderr: int | None = None,
        start_new_session: bool = False,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
    ) -> Forked | subprocess.Popen[bytes]:
        """Starts a program, in a fork where it is one of those."""
        if command[0] == sys.executable and list(command[1:3]) == ["-P", "-m"] and command[3] in PROGRAMS:
            return Forked(self._nursery, command[3:], (stdin, stdout, stderr), cwd, env, start_new_session)
        return subprocess.Popen(
            command,
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=start_new_session,
            cwd=cwd,
            env=env,
        )


@contextmanager
def launched_by(launcher: Any) -> Iterator[None]:
    """Within it those programs are started by a launcher, or afresh by `subprocess` itself."""
    with pytest.MonkeyPatch.context() as patch:
        for name in LAUNCHERS:
            patch.setattr(name, launcher)
        yield


def start_afresh(folder: RunFolder, paused: bool = False) -> int:
    """Starts a trainer in an interpreter of its own that loads torch, as the program does; its process id."""
    with launched_by(subprocess):
        return start_trainer(folder, paused)
