"""The end of trainer.log: what a trainer process printed last."""

from __future__ import annotations

from typing import Final

from grokterm.real_files import read_end
from grokterm.runs.folder import RunFolder

_TAIL: Final = 8192
"""Bytes of the log in which its last lines are looked for."""


def last_lines(folder: RunFolder, count: int) -> list[str]:
    """The last `count` lines at most, blank ones left out; none where the log cannot be read."""
    try:
        printed = read_end(folder.trainer_log_path, _TAIL).decode(errors="replace")
    except OSError:
        return []
    return [line.rstrip() for line in printed.splitlines() if line.strip()][-count:]
