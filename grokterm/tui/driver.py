"""The terminal as the viewer writes to it: knows when it is behind and when it is gone, and is always restored."""

from __future__ import annotations

import os
import sys
import termios
import time
from contextlib import suppress
from queue import Empty, Full
from typing import Any, Final

from textual.drivers._writer_thread import WriterThread
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Resize
from textual.message import Message

_LEAVE: Final = "\x1b[<u\x1b[?2004l\x1b[?7h\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1049l\x1b[?25h\x1b[?1004l"
"""Keyboard, paste, wrapping, mouse, alternate screen, cursor and focus reports as they were."""
_WAITING: Final = 20
"""Writes that may wait for the terminal; later ones are left out and the screen is drawn anew afterwards."""
_PATIENCE: Final = 1.0
"""Seconds that a terminal which takes no output is waited for when the viewer leaves."""


class Output:
    """The terminal's file: counts what it took, and forgets what is written once it is gone."""

    def __init__(self, file: int) -> None:
        self._file = file
        self.count = 0
        """Bytes that the terminal took."""
        self.writing = False
        """Whether a write waits for the terminal."""
        self.gone = False
        """Whether the terminal was closed."""

    def write(self, text: str) -> None:
        """Writes all of `text`; waits for a terminal that is slow."""
        data = memoryview(text.encode("utf-8", "replace"))
        self.writing = True
        try:
            while data and not self.gone:
                try:
                    written = os.write(self._file, data)
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


class TerminalDriver(LinuxDriver):
    """Textual's driver for a terminal that may stall, hang up or send nonsense."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        assert sys.__stderr__ is not None
        self.output = Output(sys.__stderr__.fileno())
        self._size = self._size or self._get_terminal_size()
        self._file: Any = self.output
        self.lost = False
        """Whether something that was drawn never reached the terminal."""

    @property
    def behind(self) -> bool:
        """Whether the terminal has not yet taken what was drawn."""
        return self.output.writing or self._waiting() > 0

    def write(self, data: str) -> None:
        """Hands `data` to the terminal; never waits for one that has stalled."""
        if self._waiting() >= _WAITING:
            self.lost = True
        else:
            super().write(data)

    @property
    def gone(self) -> bool:
        """Whether the terminal was closed."""
        if not self.output.gone and self.input_tty:
            try:
                termios.tcgetattr(self.fileno)
            except termios.error:
                self.output.gone = True
        return self.output.gone

    def _get_terminal_size(self) -> tuple[int, int]:
        """Columns and rows as the terminal says, whatever COLUMNS and LINES say."""
        try:
            columns, rows = os.get_terminal_size(self.output.fileno())
        except OSError:
            columns, rows = 0, 0
        return (columns, rows) if columns and rows else super()._get_terminal_size()

    def process_message(self, message: Message) -> None:
        """Passes on what was read; a size from a terminal that was not asked for sizes is no size of it."""
        if not isinstance(message, Resize) or self._in_band_window_resize:
            super().process_message(message)

    def close(self) -> None:
        """Waits for the last output for a moment only; a terminal that takes nothing is restored past it."""
        thread: WriterThread | None = self._writer_thread
        if thread is None or not thread.is_alive():
            return
        with suppress(Full):
            thread._queue.put(None, timeout=_PATIENCE)
        thread.join(_PATIENCE)
        if thread.is_alive():
            with suppress(OSError, termios.error):
                termios.tcflush(self.output.fileno(), termios.TCOFLUSH)
                os.set_blocking(self.output.fileno(), False)
                os.write(self.output.fileno(), _LEAVE.encode())

    def stop_application_mode(self) -> None:
        """Restores the terminal, dropping frames that it has not taken."""
        with suppress(Empty):
            while self._writer_thread is not None and self._waiting():
                self._writer_thread._queue.get_nowait()
        super().stop_application_mode()

    def _sigcont_application(self, *_: Any) -> None:
        """Takes the terminal back after ctrl+z only: a hang-up continues a process too, and nothing was given away."""
        if self._must_signal_resume:
            super()._sigcont_application()
        else:
            self.lost = True

    def _run_input_thread(self) -> None:
        """Reads keys; bytes that are no key start the reading anew instead of ending the viewer."""
        while not self.exit_event.is_set() and not self.gone:
            try:
                self.run_input_thread()
            except Exception:
                time.sleep(0.01)

    def _waiting(self) -> int:
        return 0 if self._writer_thread is None else self._writer_thread._queue.qsize()
