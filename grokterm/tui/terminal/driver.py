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

from grokterm.tui.terminal.output import PATIENCE, Output, discard, write_last

_LEAVE: Final = (
    "\x1b[?2004l\x1b[?7h\x1b[?2048l\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1016l"
    "\x1b[<u\x1b[?1049l\x1b[?25h\x1b[?1004l"
)
"""Paste, wrapping, sizes, mouse, keyboard, alternate screen, cursor and focus reports as they were."""
_WAITING: Final = 20
"""Writes that may wait for the terminal; later ones are left out and the screen is drawn anew afterwards."""
_FINISHING: Final = 0.3
"""Seconds for the terminal to take the frame that is being written when the viewer leaves."""


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
        if self.output.closed:
            return
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

    def start_application_mode(self) -> None:
        """Takes the terminal over, also after it was given back for a while."""
        self.output.closed = False
        super().start_application_mode()  # type: ignore[no-untyped-call]

    def stop_application_mode(self) -> None:
        """Restores the terminal: whatever it has not taken by then is left out, so that this comes last and whole."""
        self.disable_input()
        if self._writer_thread is not None and not self.output.closed:
            self._end_writing(self._writer_thread)
            write_last(self.output.fileno(), _LEAVE)
        # Only now: a key that is echoed before would stand in the middle of a sequence.
        if self.attrs_before is not None:
            with suppress(termios.error):
                termios.tcsetattr(self.fileno, termios.TCSANOW, self.attrs_before)

    def close(self) -> None:
        """Nothing is left to do: whoever restores the terminal has waited for the last output."""

    def _end_writing(self, thread: WriterThread) -> None:
        """Ends the thread that writes: it has a moment for its frame, and drops the others."""
        with suppress(Empty):
            while self._waiting():
                thread._queue.get_nowait()
        with suppress(Full):
            thread._queue.put_nowait(None)
        thread.join(_FINISHING)
        self.output.closed = True
        deadline = time.monotonic() + PATIENCE
        while thread.is_alive() and time.monotonic() < deadline:
            discard(self.output.fileno())
            thread.join(0.05)

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
