"""Programs that are forks of a process with much loaded, started and asked as `subprocess` does it."""

from __future__ import annotations

import importlib
import io
import os
import select
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Lock, Thread
from types import TracebackType
from typing import IO, Any, Final

import msgspec

from tests.forking import BLOCK, LENGTH, Poll, Run

PROGRAMS: Final = (
    *("grokterm.trainer", "grokterm.replay", "grokterm.past_pictures", "grokterm.opening"),
    *("grokterm.lab.devices", "grokterm.bench", "grokterm.sweeper"),
)
"""Those that need torch."""
LAUNCHERS: Final = (
    "grokterm.runs.process.subprocess",
    "grokterm.runs.devices.subprocess",
    "grokterm.cli.bench.subprocess",
    "grokterm.cli.own_process.subprocess",
    "grokterm.drawn.asking.subprocess",
)
"""Where the product finds what starts those."""
Stream = int | IO[Any] | None


class Line:
    """A connection to a process that forks, on which one request is answered before the next; a fork has its own."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._lock, self._owner, self._socket = Lock(), os.getpid(), self._connected()

    def _connected(self) -> socket.socket:
        stream = socket.socket(socket.AF_UNIX)
        stream.connect(self.address)
        return stream

    def close(self) -> None:
        """Lets the process know that nothing more is asked."""
        self._socket.close()

    def run(self, asked: Run, streams: Sequence[int]) -> int:
        """Runs a program with these three streams; its process id."""
        pid = self._ask(asked, streams)
        assert pid is not None
        return pid

    def poll(self, pid: int) -> int | None:
        """How one of its programs has ended, −N after signal N; None while it runs."""
        return self._ask(Poll(pid))

    def _ask(self, request: Run | Poll, streams: Sequence[int] = ()) -> int | None:
        if self._owner != os.getpid():
            self._lock, self._owner, self._socket = Lock(), os.getpid(), self._connected()
        with self._lock:
            body = msgspec.json.encode(request)
            try:
                socket.send_fds(self._socket, [LENGTH.pack(len(body)) + body], streams)
                return msgspec.json.decode(self._socket.recv(BLOCK), type=int | None)
            except BaseException:  # a signal, say: the answer to this one would be taken for that to the next
                self._socket.close()
                self._socket = self._connected()
                raise


class Forked:
    """A program that is a fork, asked as a `subprocess.Popen` is."""

    def __init__(self, line: Line, asked: Run, streams: Sequence[Stream], text: bool = False) -> None:
        self._line, self._text = line, text
        self.args = [asked.module, *asked.arguments]
        self.stdin: IO[Any] | None = None
        self.stdout: IO[Any] | None = None
        self.stderr: IO[Any] | None = None
        self.returncode: int | None = None
        theirs: list[int] = []
        for at, stream in enumerate(streams):
            theirs.append(os.dup(theirs[1]) if stream == subprocess.STDOUT else self._stream(at, stream))
        try:
            self.pid = line.run(asked, theirs)
        finally:
            for number in theirs:
                os.close(number)

    def _stream(self, at: int, stream: Stream) -> int:
        """The program's side of one of its streams."""
        if stream == subprocess.PIPE:
            reads, writes = os.pipe()
            ours, side, mode = (writes, reads, "wb") if at == 0 else (reads, writes, "rb")
            file = open(ours, mode)  # noqa: SIM115
            setattr(self, ("stdin", "stdout", "stderr")[at], io.TextIOWrapper(file) if self._text else file)
            return side
        if stream == subprocess.DEVNULL:
            return os.open(os.devnull, os.O_RDWR)
        return os.dup(at if stream is None else stream if isinstance(stream, int) else stream.fileno())

    def __enter__(self) -> Forked:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in (self.stdin, self.stdout, self.stderr):
            if stream is not None:
                stream.close()
        self.wait()

    def communicate(self, timeout: float | None = None) -> tuple[Any, Any]:
        """All that it prints on both streams, None of one that is no pipe; raises TimeoutExpired."""
        said: dict[str, Any] = {}

        def read(name: str, stream: IO[Any]) -> None:
            said[name] = stream.read()

        streams = {"out": self.stdout, "error": self.stderr}
        readers = [Thread(target=read, args=(name, file), daemon=True) for name, file in streams.items() if file]
        for reader in readers:
            reader.start()
        self.wait(timeout)
        for reader in readers:
            reader.join(timeout)
            if reader.is_alive():
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
        return said.get("out"), said.get("error")

    def poll(self) -> int | None:
        """Exit status, −N after signal N; None while it runs."""
        if self.returncode is None:
            self.returncode = self._line.poll(self.pid)
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
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
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
    """What the product takes of `subprocess` where it starts programs that need torch."""

    PIPE = subprocess.PIPE
    DEVNULL = subprocess.DEVNULL
    TimeoutExpired = subprocess.TimeoutExpired

    def line(self) -> Line:
        """The connection to the process with torch."""
        raise NotImplementedError

    def Popen(
        self,
        command: Sequence[str],
        *,
        start_new_session: bool = False,
        cwd: Path | None = None,
        env: Mapping[str, str] | None = None,
        text: bool = False,
        **streams: Stream,
    ) -> Forked | subprocess.Popen[Any]:
        """Starts a program, in a fork where it is one of those."""
        if command[0] == sys.executable and list(command[1:3]) == ["-P", "-m"] and command[3] in PROGRAMS:
            own = dict(os.environ if env is None else env)
            asked = Run(command[3], list(command[4:]), own, str(cwd or Path.cwd()), start_new_session)
            three = [streams.get(name) for name in ("stdin", "stdout", "stderr")]
            return Forked(self.line(), asked, three, text)
        options: dict[str, Any] = {"cwd": cwd, "env": env, "text": text, **streams}
        return subprocess.Popen(command, start_new_session=start_new_session, **options)

    def run(
        self,
        command: Sequence[str],
        *,
        stdin: Stream = None,
        capture_output: bool = False,
        text: bool = False,
        timeout: float | None = None,
    ) -> subprocess.CompletedProcess[Any]:
        """Starts a program, and waits for it."""
        pipe = subprocess.PIPE if capture_output else None
        with self.Popen(command, stdin=stdin, stdout=pipe, stderr=pipe, text=text) as process:
            return completed(process, timeout)


class _Elsewhere(Launcher):
    """That of a process which is itself a fork."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._line: Line | None = None

    def line(self) -> Line:
        self._line = self._line or Line(self._address)
        return self._line


def completed(process: Forked | subprocess.Popen[Any], timeout: float | None) -> subprocess.CompletedProcess[Any]:
    """What a process printed and how it ended; it is killed where it takes longer, which raises TimeoutExpired."""
    try:
        out, errors = process.communicate(timeout=timeout)
    except BaseException:
        process.kill()
        raise
    assert process.returncode is not None
    return subprocess.CompletedProcess(process.args, process.returncode, out, errors)


def launch_from(address: str) -> None:
    """Has this process, which is a fork itself, start what needs torch as a fork of the process at an address."""
    launcher = _Elsewhere(address)
    for name in LAUNCHERS:
        module, _, attribute = name.rpartition(".")
        setattr(importlib.import_module(module), attribute, launcher)
