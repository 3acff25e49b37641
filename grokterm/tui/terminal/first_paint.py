"""The first line of the screen, before the libraries that draw the rest are loaded."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType
from typing import Final, NoReturn

from grokterm.config import Config
from grokterm.tui.terminal.output import write_last
from grokterm.tui.text import formats

_ENTER: Final = "\x1b[?1049h\x1b[?25l\x1b[H\x1b[2J"
"""Alternate screen, no cursor, cleared."""
_LEAVE: Final = "\x1b[?1049l\x1b[?25h"
_SIGNALS: Final = (signal.SIGTERM, signal.SIGHUP)
_came: Final[list[signal.Signals]] = []


@contextmanager
def first_paint(config: Config) -> Iterator[None]:
    """Shows what the run is at once, and puts the terminal back where the viewer does not come to draw."""
    _came.clear()
    before = {number: signal.signal(number, _leave) for number in _SIGNALS}
    try:
        _write(_ENTER + first_line(config, _columns()))
        yield
    except BaseException:
        with suppress(OSError, ValueError):
            write_last(sys.stderr.fileno(), _LEAVE)
        raise
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def early_signal() -> signal.Signals | None:
    """The signal that has come since the first paint: what it raised is lost where it came amid a finalizer."""
    return _came[0] if _came else None


def first_line(config: Config, columns: int) -> str:
    """What the run is, as far as it fits."""
    parts = [
        "grokterm",
        formats.task(config),
        formats.model(config)[0],
        formats.split(config)[0],
        f"seed {config.seed}",
    ]
    while parts and len(line := " " + " · ".join(parts)) > columns:
        parts.pop()
    return line if parts else ""


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns
    except (OSError, ValueError):
        return 80


def _write(text: str) -> None:
    with suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()


def _leave(number: int, frame: FrameType | None) -> NoReturn:
    _came.append(signal.Signals(number))
    raise SystemExit(128 + number)
