"""Writing to a terminal that may be slow, stall or be gone, and how to have the last word there."""

from __future__ import annotations

import os
import select
import termios
import time
from contextlib import suppress
from typing import Final

_PIECE: Final = 1024
"""Bytes a write: few enough that a terminal whose output was discarded takes all of them."""
_CUT: Final = "\x18\x1b\\\x1b[?2026l\x1b[0m"
"""Ends a sequence, a string, a synchronized update and colours, of which the rest was discarded."""
PATIENCE: Final = 5.0
"""Seconds that a terminal which takes no output is waited for when the viewer leaves."""


class Output:
    """The terminal's file: counts what it took, and forgets what is written once it is gone or closed."""

    def __init__(self, file: int) -> None:
        self._file = file
        self.count = 0
        """Bytes that the terminal took."""
        self.writing = False
        """Whether a write waits for the terminal."""
        self.gone = False
        """Whether the terminal was closed."""
        self.closed = False
        """Whether nothing more is to be written, the rest of what a write has begun with included."""

    def write(self, text: str) -> None:
        """Writes all of `text`; waits for a terminal that is slow."""
        data = memoryview(text.encode("utf-8", "replace"))
        self.writing = True
        try:
            while data and not self.gone and not self.closed:
                try:
                    written = os.write(self._file, data[:_PIECE])
                except BlockingIOError:
                    time.sleep(0.01)
                    continue
                except OSError:
                    self.gone = True
                    break
                self.count += written
                data = data[written:]
        finally:
            self.writing = False

    def flush(self) -> None:
        """Nothing is kept back."""

    def fileno(self) -> int:
        """The file's number."""
        return self._file


def discard(file: int) -> None:
    """Drops what the terminal has not read, and wakes a write that waits for it."""
    with suppress(OSError, termios.error):
        termios.tcflush(file, termios.TCOFLUSH)
        # Linux leaves the write asleep until the terminal reads; output that goes on after a stop wakes it.
        termios.tcflow(file, termios.TCOOFF)
        termios.tcflow(file, termios.TCOON)


def write_last(file: int, text: str) -> None:
    """Makes `text` the last bytes of a terminal: what it has not read is discarded, and ended where that cut it."""
    discard(file)
    if not write_in_time(file, _CUT + text):
        discard(file)
        write_in_time(file, _CUT + text)


def write_in_time(file: int, text: str, seconds: float = PATIENCE) -> bool:
    """Writes `text` unless the terminal takes nothing for so long or is gone; says whether all was written."""
    # Byte by byte: a terminal that can be written to has room for one, and a write of more may wait for ever.
    deadline = time.monotonic() + seconds
    data = text.encode("utf-8", "replace")
    for at in range(len(data)):
        try:
            if not select.select([], [file], [], max(0.0, deadline - time.monotonic()))[1]:
                return False
            os.write(file, data[at : at + 1])
        except OSError:
            return False
    return True
