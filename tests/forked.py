"""Programs of the product that need torch, each a fork of one process that has it.

`python -m tests.forked FD` reads requests from a socket, as JSON. With a `Run` come three streams: it forks, runs a
module in the fork as `python -P -m` does, and answers with the process id. A `Poll` it answers with an exit status, or
null while there is none.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import os
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import Lock
from types import TracebackType
from typing import IO, Any, Final

import msgspec
import pytest

PROGRAMS: Final = ("grokterm.replay", "grokterm.past_pictures", "grokterm.opening")
STARTERS: Final = ("grokterm.cli.own_process.subprocess", "grokterm.drawn.asking.subprocess")
"""Where the product finds what starts those."""
_LOADED: Final = (
    *("torch", "grokterm.analysis.spectrum", "grokterm.lab.engine", "grokterm.notebook", "grokterm.opening.files"),
    *("grokterm.opening.making", "grokterm.opening.mapped", "grokterm.opening.model", "grokterm.replay.replayer"),
)
_REQUEST: Final = 2**20


class Run(msgspec.Struct, tag=True):
    """Asks for a module with arguments, in an environment and a folder."""

    module: str
    arguments: list[str]
    environment: dict[str, str]
    folder: str


class Poll(msgspec.Struct, tag=True):
    """Asks how a fork has ended."""

    pid: int


class Parent:
    """The process that has torch, from the first program on until this one ends."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            number = theirs.fileno()
            command = [sys.executable, "-m", "tests.forked", str(number)]
            process = subprocess.Popen(command, pass_fds=[number], cwd=Path(__file__).parents[1])
        atexit.register(process.wait)
        atexit.register(self._socket.close)

    def ask(self, request: Run | Poll, streams: Sequence[int] = ()) -> int | None:
        """The answer: a process id, or an exit status, None while there is none."""
        with self._lock:
            socket.send_fds(self._socket, [msgspec.json.encode(request)], streams)
            return msgspec.json.decode(self._socket.recv(_REQUEST), type=int | None)


parent = cache(Parent)


class Forked:
    """A fork, asked as a `subprocess.Popen` is."""

    def __init__(self, arguments: Sequence[str], streams: Sequence[int | None]) -> None:
        self.stdin: IO[bytes] | None = None
        self.stdout: IO[bytes] | None = None
        self.stderr: IO[bytes] | None = None
        self.returncode: int | None = None
        theirs = []
        for at, stream in enumerate(streams):
            if stream == subprocess.PIPE:
                reads, writes = os.pipe()
                theirs.append(reads if at == 0 else writes)
                ours = open(writes if at == 0 else reads, "wb" if at == 0 else "rb")  # noqa: SIM115
                setattr(self, ("stdin", "stdout", "stderr")[at], ours)
            else:
                theirs.append(os.open(os.devnull, os.O_RDWR) if stream == subprocess.DEVNULL else os.dup(at))
        try:
            pid = parent().ask(Run(arguments[0], list(arguments[1:]), dict(os.environ), os.getcwd()), theirs)
        finally:
            for number in theirs:
                os.close(number)
        assert pid is not None
        self.pid = pid

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
            self.returncode = parent().ask(Poll(self.pid))
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


class Starter:
    """What the product takes of `subprocess` where it starts those programs."""

    PIPE = subprocess.PIPE
    DEVNULL = subprocess.DEVNULL
    TimeoutExpired = subprocess.TimeoutExpired

    def Popen(
        self, command: Sequence[str], *, stdin: int | None = None, stdout: int | None = None, stderr: int | None = None
    ) -> Forked | subprocess.Popen[bytes]:
        """Starts a program, in a fork where it is one of those."""
        if command[0] == sys.executable and list(command[1:3]) == ["-P", "-m"] and command[3] in PROGRAMS:
            return Forked(command[3:], (stdin, stdout, stderr))
        return subprocess.Popen(command, stdin=stdin, stdout=stdout, stderr=stderr)


@contextmanager
def at_once() -> Iterator[None]:
    """Within it those programs are forks: loading torch takes longer than most of them do."""
    with pytest.MonkeyPatch.context() as patch:
        if sys.platform == "linux":
            for name in STARTERS:
                patch.setattr(name, Starter())
        yield


@contextmanager
def afresh() -> Iterator[None]:
    """Within it they are started as the product starts them."""
    with pytest.MonkeyPatch.context() as patch:
        for name in STARTERS:
            patch.setattr(name, subprocess)
        yield


def main(number: int) -> None:
    """Forks until the other end is closed."""
    for name in _LOADED:
        importlib.import_module(name)
    gc.collect()
    gc.freeze()
    ended: dict[int, int] = {}
    asked = socket.socket(fileno=number)
    while True:
        body, streams, _, _ = socket.recv_fds(asked, _REQUEST, 3)
        if not body:
            os._exit(0)  # torch takes its time to be unloaded
        request = msgspec.json.decode(body, type=Run | Poll)
        if isinstance(request, Run):
            answer: int | None = os.fork()
            if answer == 0:
                asked.close()
                _run(request, streams)
            for stream in streams:
                os.close(stream)
        else:
            if request.pid not in ended and (found := os.waitpid(request.pid, os.WNOHANG))[0]:
                ended[request.pid] = os.waitstatus_to_exitcode(found[1])
            answer = ended.get(request.pid)
        asked.send(msgspec.json.encode(answer))


def _run(request: Run, streams: Sequence[int]) -> None:
    """Becomes the program, as if it had been started on its own."""
    status: Any = 1
    try:
        os.environ.clear()
        os.environ.update(request.environment)
        tempfile.tempdir = None  # as the environment says
        os.chdir(request.folder)
        for at, stream in enumerate(streams):
            os.dup2(stream, at)
            os.close(stream)
        sys.path[:0] = [path for path in request.environment.get("PYTHONPATH", "").split(os.pathsep) if path]
        sys.argv = ["", *request.arguments]
        runpy.run_module(request.module, run_name="__main__", alter_sys=True)
        status = 0
    except SystemExit as ending:
        status = ending.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status if isinstance(status, int) else 1)


if __name__ == "__main__":
    main(int(sys.argv[1]))
