"""A program in a pseudo-terminal that takes all that is drawn and makes no picture of it."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Self

import psutil

COLUMNS: Final = 120
ROWS: Final = 40
_BEGINNING: Final = 1 << 16
ENVIRONMENT: Final = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}


class PseudoTerminal:
    """`python -m grokterm.cli` with options in a terminal of columns × rows; ends it when left."""

    def __init__(
        self, options: Sequence[str], environment: Mapping[str, str], size: tuple[int, int] = (COLUMNS, ROWS)
    ) -> None:
        command = [sys.executable, "-P", "-m", "grokterm.cli", *options]
        self.received = 0
        """Bytes that the program has written."""
        self.beginning = bytearray()
        """The first of them, enough for a screen."""
        self.taken = bytearray()
        """All of them since it was emptied, where `keeps`."""
        self.keeps = False
        self.started = time.perf_counter()
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            try:
                os.execvpe(command[0], command, {**os.environ, **ENVIRONMENT, **environment})
            finally:
                os._exit(127)
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.kill(self.pid, signal.SIGTERM)
        while self._read(0.1):
            pass
        os.close(self._file)
        os.waitpid(self.pid, 0)

    def press(self, key: str) -> None:
        """Press a key."""
        os.write(self._file, key.encode())

    def read_for(self, seconds: float) -> int:
        """Read for some time, and say how many bytes came."""
        before, end = self.received, time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            self._read(left)
        return self.received - before

    def read_until(self, condition: Callable[[], bool], seconds: float = 60.0) -> float:
        """Read until `condition` is true, and say how many seconds after the start; raises TimeoutError."""
        end = time.perf_counter() + seconds
        while not condition():
            self._read(0.002)
            if time.perf_counter() > end:
                raise TimeoutError(f"nothing came of it in {seconds:g} s")
        return time.perf_counter() - self.started

    def read_past(self, count: int) -> float:
        """Read until more than `count` bytes came, and say how many seconds after the start; raises TimeoutError."""
        return self.read_until(lambda: self.received > count)

    def read_until_quiet(self, quiet: float, seconds: float) -> bool:
        """Read until nothing came for `quiet` seconds, `seconds` long at most; whether it became quiet."""
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            if not self._read(quiet):
                return True
        return False

    def take(self) -> bytes:
        """What came since the last time."""
        taken = bytes(self.taken)
        self.taken.clear()
        return taken

    @property
    def ended(self) -> bool:
        """Whether the program has ended."""
        return not psutil.pid_exists(self.pid) or psutil.Process(self.pid).status() == psutil.STATUS_ZOMBIE

    def cpu_seconds(self) -> float:
        """Processor time of the program so far."""
        times = psutil.Process(self.pid).cpu_times()
        return float(times.user + times.system)

    def _read(self, seconds: float) -> bool:
        if not select.select([self._file], [], [], seconds)[0]:
            return False
        try:
            data = os.read(self._file, 1 << 16)
        except OSError:  # the program has closed its side
            return False
        self.received += len(data)
        if self.keeps:
            self.taken += data
        if len(self.beginning) < _BEGINNING:
            self.beginning += data
        return bool(data)
