"""Every way to leave the viewer, and a line that has more to take than it can."""

from __future__ import annotations

import signal
import sys
from typing import Final

from tests.terminal.terminal import Terminal

WAYS: Final = {"d": 0, "q": 0, "ctrl+c": 0, "SIGTERM": 128 + signal.SIGTERM, "SIGHUP": 128 + signal.SIGHUP}
"""Each with its exit status; ctrl+c leaves a comparison only."""
_FULL: Final = 4000 if sys.platform == "linux" else 1000
"""Bytes that wait where nothing is read: Linux says no more of them than 4095."""


def fill(terminal: Terminal) -> None:
    """Draws the whole screen, in one theme after another, on a line that has stalled."""
    terminal.stalled = True

    def full() -> bool:
        if terminal.unread < _FULL:
            terminal.press("T")
        return terminal.unread >= _FULL

    terminal.until(full, "a full line")
    terminal.press("T", "T")
    terminal.pump(0.2)


def leave(terminal: Terminal, way: str) -> int:
    """Leaves the viewer and waits for its end; the exit status."""
    if way.startswith("SIG"):
        terminal.signal(signal.Signals[way])
    else:
        terminal.press(way)
    return terminal.ends()
