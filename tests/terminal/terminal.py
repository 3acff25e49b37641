"""A program in a real pseudo-terminal, seen as a person sees it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import pyte

Found = TypeVar("Found")

KEYS = {
    "enter": "\r", "esc": "\x1b", "tab": "\t", "space": " ", "backspace": "\x7f",
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "shift+tab": "\x1b[Z",
}  # fmt: skip
_MODE = re.compile(rb"\x1b\[\?(\d+)([hl])")


class Terminal:
    """A pseudo-terminal with a program in it, and the screen that the program draws."""

    def __init__(self, command: Sequence[str], size: tuple[int, int], environment: Mapping[str, str]) -> None:
        columns, rows = size
        self.screen = pyte.Screen(columns, rows)
        self.modes: dict[int, bool] = {}
        """Private modes as last set: 1049 alternate screen, 25 cursor, 2004 pasted text."""
        self.output = bytearray()
        self.status: int | None = None
        self.stalled = False
        self._stream = pyte.ByteStream(self.screen)
        self._cut = b""
        ready, go = os.pipe()
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            os.close(go)
            os.read(ready, 1)
            try:
                os.execvpe(command[0], list(command), {**os.environ, **environment})
            finally:
                os._exit(127)
        os.close(ready)
        self.resize(columns, rows)
        os.write(go, b"x")
        os.close(go)

    @property
    def text(self) -> str:
        """What stands on the screen."""
        return "\n".join(line.rstrip() for line in self.screen.display)

    @property
    def restored(self) -> bool:
        """Whether the program left the terminal as it was: main screen, cursor shown, keys echoed."""
        echo = True
        if self._file >= 0:
            echo = bool(termios.tcgetattr(self._file)[3] & termios.ECHO)
        return echo and self.modes.get(1049) is False and self.modes.get(25) is True

    def resize(self, columns: int, rows: int) -> None:
        """Resizes the terminal."""
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)

    def press(self, *keys: str) -> None:
        """Presses keys, each a character or a name."""
        for key in keys:
            os.write(self._file, KEYS.get(key, key).encode())

    def paste(self, text: str) -> None:
        """Pastes text as terminals do."""
        os.write(self._file, f"\x1b[200~{text}\x1b[201~".encode())

    def until(self, condition: Callable[[], Found], what: str = "the condition", seconds: float = 30.0) -> Found:
        """What the condition gives as soon as that is true; fails when it is not in time."""
        deadline = time.monotonic() + seconds
        while True:
            self.pump()
            if found := condition():
                return found
            assert time.monotonic() < deadline, f"{what} did not come about; the screen:\n{self.text}"

    def shows(self, *patterns: str, seconds: float = 30.0) -> None:
        """Waits until all of this stands on the screen."""
        self.until(lambda: all(re.search(p, self.text) for p in patterns), f"{patterns} on the screen", seconds)

    @property
    def ended(self) -> bool:
        """Whether the program has ended."""
        return self._poll() is not None

    def ends(self, seconds: float = 30.0) -> int:
        """Waits until the program has ended, and gives its exit status, −N after signal N."""
        self.until(lambda: self.ended, "the end", seconds)
        self.pump()
        assert self.status is not None
        return self.status

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the program."""
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Closes the terminal, as a dropped connection does."""
        os.close(self._file)
        self._file = -1

    def pump(self, seconds: float = 0.02) -> None:
        """Takes what the program writes, unless the terminal is stalled."""
        if self._file < 0 or self.stalled:
            time.sleep(seconds)
            return
        while select.select([self._file], [], [], seconds)[0]:
            try:
                data = os.read(self._file, 1 << 16)
            except OSError:
                return
            if not data:
                return
            self._take(data)
            seconds = 0

    def close(self) -> None:
        """Ends the program, whatever it does."""
        if self._poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        if self._file >= 0:
            self.hang_up()

    def _take(self, data: bytes) -> None:
        self.output += data
        for number, letter in _MODE.findall(self._cut + data):
            self.modes[int(number)] = letter == b"h"
        self._cut = data[-8:]
        self._stream.feed(data)

    def _poll(self) -> int | None:
        if self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status
