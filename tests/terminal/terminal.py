"""A program in a real pseudo-terminal, seen as a person sees it."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

import pyte

from tests.commands import Program, start_command
from tests.patience import PATIENCE

Found = TypeVar("Found")

KEYS = {
    "enter": "\r", "esc": "\x1b", "tab": "\t", "space": " ", "backspace": "\x7f",
    "ctrl+c": "\x03", "ctrl+p": "\x10", "pageup": "\x1b[5~", "pagedown": "\x1b[6~", "home": "\x1b[H", "end": "\x1b[F",
    "up": "\x1b[A", "down": "\x1b[B", "right": "\x1b[C", "left": "\x1b[D", "shift+tab": "\x1b[Z",
}  # fmt: skip
_ON = (7, 25)
_OFF = (1000, 1003, 1004, 1006, 1015, 1016, 1049, 2004, 2026, 2048)
"""Private modes of a terminal that is a shell's: wrapping and cursor; mouse, focus, alternate screen, pasting …"""
_PUSH, _POP = re.compile(rb"\x1b\[>\d+u"), b"\x1b[<u"
"""A keyboard that reports keys in another way, and its end."""


class Screen(pyte.Screen):
    """A screen that keeps the private modes that were set, those without a meaning for it too."""

    def __init__(self, columns: int, rows: int) -> None:
        self.modes: dict[int, bool] = {}
        super().__init__(columns, rows)

    def set_mode(self, *modes: int, **options: bool) -> None:
        if options.get("private"):
            self.modes.update(dict.fromkeys(modes, True))
        super().set_mode(*modes, **options)

    def reset_mode(self, *modes: int, **options: bool) -> None:
        if options.get("private"):
            self.modes.update(dict.fromkeys(modes, False))
        super().reset_mode(*modes, **options)


class Terminal:
    """A pseudo-terminal with a program in it, and the screen that the program draws."""

    def __init__(
        self, command: Sequence[str], size: tuple[int, int], environment: Mapping[str, str], afresh: bool = True
    ) -> None:
        """A program by its command; one of `grokterm` with its arguments alone, unless it is started `afresh`."""
        columns, rows = size
        self.screen = Screen(columns, rows)
        self.output = bytearray()
        self.status: int | None = None
        self.stalled = False
        self.resumes_at = float("inf")
        """When a line that has stalled goes on, on the monotonic clock."""
        self.rate: float | None = None
        """Bytes a second that are taken; without it, as many as come."""
        self._stream = pyte.ByteStream(self.screen)
        self._text: str | None = None
        self._allowed, self._since = 0.0, time.monotonic()
        self._program: Program | None = None
        if afresh:
            self._execute(command, {**os.environ, **environment}, size)
            return
        self._file, side = pty.openpty()
        self.resize(columns, rows)
        self._program = start_command(
            command, (side, side, side), {**os.environ, **environment}, new_session=True, on_terminal=True
        )
        self.pid = self._program.pid
        os.close(side)

    def _execute(self, command: Sequence[str], environment: Mapping[str, str], size: tuple[int, int]) -> None:
        """Starts a program, which finds the size as it is to be."""
        ready, go = os.pipe()
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            os.close(go)
            os.read(ready, 1)
            try:
                os.execvpe(command[0], list(command), environment)
            finally:
                os._exit(127)
        os.close(ready)
        self.resize(*size)
        os.write(go, b"x")
        os.close(go)

    @property
    def text(self) -> str:
        """What stands on the screen."""
        if self._text is None:
            self._text = "\n".join(line.rstrip() for line in self.screen.display)
        return self._text

    @property
    def modes(self) -> dict[int, bool]:
        """Private modes as last set: 1049 alternate screen, 25 cursor, 2004 pasted text."""
        return self.screen.modes

    @property
    def left_on(self) -> list[str]:
        """What the program took over and did not give back, mode by mode."""
        modes = {**dict.fromkeys(_OFF, False), **dict.fromkeys(_ON, True)}
        found = [f"mode {mode}" for mode, usual in modes.items() if self.modes.get(mode, usual) is not usual]
        pushes = [push.end() for push in _PUSH.finditer(self.output)]
        if pushes and self.output.count(_POP, pushes[-1]) != 1:
            found.append("keyboard")
        cursor = self.screen.cursor.attrs
        if (cursor.fg, cursor.bg, cursor.bold) != ("default", "default", False):
            found.append("colours")
        return found

    @property
    def echoes(self) -> bool:
        """Whether keys are echoed, as they are before a program takes the terminal over and after it."""
        return self._file < 0 or bool(termios.tcgetattr(self._file)[3] & termios.ECHO)

    @property
    def restored(self) -> bool:
        """Whether the program left the terminal as it was: main screen, cursor shown, keys echoed."""
        return self.echoes and self.modes.get(1049) is False and self.modes.get(25) is True

    def resize(self, columns: int, rows: int) -> None:
        """Resizes the terminal."""
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.screen.resize(rows, columns)
        self._text = None

    def press(self, *keys: str) -> None:
        """Presses keys, each a character or a name."""
        for key in keys:
            os.write(self._file, KEYS.get(key, key).encode())

    def paste(self, text: str) -> None:
        """Pastes text as terminals do."""
        os.write(self._file, f"\x1b[200~{text}\x1b[201~".encode())

    def until(self, condition: Callable[[], Found], what: str = "the condition", seconds: float = PATIENCE) -> Found:
        """What the condition gives as soon as that is true; fails when it is not in time."""
        deadline = time.monotonic() + seconds
        while True:
            self.pump()
            if found := condition():
                return found
            assert time.monotonic() < deadline, f"{what} did not come about; the screen:\n{self.text}"

    def shows(self, *patterns: str, seconds: float = PATIENCE) -> None:
        """Waits until all of this stands on the screen."""
        self.until(lambda: all(re.search(p, self.text) for p in patterns), f"{patterns} on the screen", seconds)

    @property
    def ended(self) -> bool:
        """Whether the program has ended."""
        return self._poll() is not None

    def ends(self, seconds: float = PATIENCE) -> int:
        """Waits until the program has ended, and gives its exit status, −N after signal N."""
        self.until(lambda: self.ended, "the end", seconds)
        if not self.stalled:
            self.drain()
        assert self.status is not None
        return self.status

    def drain(self, seconds: float = 5.0) -> None:
        """Takes all that a program wrote that has ended."""
        deadline = time.monotonic() + seconds
        while self._file >= 0 and time.monotonic() < deadline:
            if select.select([self._file], [], [], 0.05)[0] and not self._read(1 << 16):
                return

    @property
    def unread(self) -> int:
        """Bytes that can be taken now; the system keeps more behind them."""
        return int.from_bytes(fcntl.ioctl(self._file, termios.FIONREAD, bytes(4)), sys.byteorder)

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the program."""
        os.kill(self.pid, number)

    def hang_up(self) -> None:
        """Closes the terminal, as a dropped connection does."""
        os.close(self._file)
        self._file = -1

    def pump(self, seconds: float = 0.02) -> None:
        """Takes what the program writes, unless the terminal is stalled; waits where nothing can be taken."""
        if self.stalled and time.monotonic() > self.resumes_at:
            self.stalled = False
        if self._file < 0 or self.stalled:
            time.sleep(seconds)
            return
        wait = seconds
        while select.select([self._file], [], [], wait)[0]:
            size = self._allowance()
            if size == 0 or not self._read(size):  # more than the rate allows, or the end
                time.sleep(seconds)
                return
            wait = 0

    def close(self) -> None:
        """Ends the program, whatever it does."""
        if self._poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            if self._program is None:
                os.waitpid(self.pid, 0)
            else:
                self._program.wait()
        if self._file >= 0:
            self.hang_up()

    def _allowance(self) -> int:
        """Bytes that the rate allows by now."""
        if self.rate is None:
            return 1 << 16
        now = time.monotonic()
        self._allowed = min(self._allowed + (now - self._since) * self.rate, self.rate / 10)
        self._since = now
        return int(self._allowed)

    def _read(self, size: int) -> bool:
        """Takes up to `size` bytes that wait; false where nothing comes any more."""
        try:
            data = os.read(self._file, size)
        except OSError:
            return False
        self._allowed -= len(data)
        self.output += data
        self._stream.feed(data)
        self._text = None
        return bool(data)

    def _poll(self) -> int | None:
        if self._program is not None:
            self.status = self._program.poll()
        elif self.status is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.status = os.waitstatus_to_exitcode(status)
        return self.status
