"""The command in this process, and in a pseudo-terminal of its own."""

from __future__ import annotations

import fcntl
import os
import pty
import select
import struct
import subprocess
import termios
import time
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from typing import IO

from grokterm.cli import main
from tests.commands import start_command
from tests.patience import PATIENCE


def run_here(*arguments: str) -> subprocess.CompletedProcess[str]:
    """What a command prints and its exit status, without an interpreter of its own."""
    out, errors = StringIO(), StringIO()
    with redirect_stdout(out), redirect_stderr(errors):
        status = main(arguments)
    return subprocess.CompletedProcess(arguments, status, out.getvalue(), errors.getvalue())


def on_terminal(
    arguments: Sequence[str],
    environment: dict[str, str] | None = None,
    seconds: float = PATIENCE,
    out: IO[bytes] | None = None,
) -> tuple[int, str]:
    """Exit status and everything printed by a command whose three streams are one terminal of 120×40.

    With `out` its standard output is that file instead. With an environment it is started afresh.
    """
    screen, side = pty.openpty()
    fcntl.ioctl(side, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
    # COLUMNS and LINES would hide the terminal's own size.
    inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES")}
    inherited |= {"TERM": "xterm-256color"} | (environment or {})
    with start_command(
        arguments,
        streams=(side, side if out is None else out, side),
        environment=inherited,
        afresh=environment is not None,
        new_session=True,
    ) as process:
        os.close(side)
        printed, deadline = b"", time.monotonic() + seconds
        while time.monotonic() < deadline:
            if not select.select([screen], [], [], 0.1)[0]:
                continue
            try:
                block = os.read(screen, 65536)
            except OSError:  # the other side is closed
                break
            if not block:
                break
            printed += block
        else:
            process.kill()
        status = process.wait(10)
    os.close(screen)
    return status, printed.decode()
