"""Whether a run folder that was opened is still there: it may be removed, moved, unmounted or become unreadable."""

from __future__ import annotations

import math
import os
import time
from typing import Final

from grokterm.errors import reason_of
from grokterm.runs.folder import RunFolder

CHECK_SECONDS: Final = 1.0
"""Seconds from one check of the folder to the next."""
UNREADABLE_SECONDS: Final = 2.0
"""Seconds for which a folder must be unreadable: a disk on a network may be away for a moment."""

Identity = tuple[int, int]
"""st_dev and st_ino: which file or folder a path leads to."""


def identity(status: os.stat_result) -> Identity:
    """Which file or folder a status is of."""
    return status.st_dev, status.st_ino


class FolderWatch:
    """Watches whether the paths of a folder and of its log still lead to the same folder and file."""

    def __init__(self, folder: RunFolder, opened: Identity | None = None) -> None:
        """Watches the folder as it is now, or as it was when it was `opened`."""
        self._folder = folder
        self._found = opened
        self._log: Identity | None = None
        self._next = -math.inf
        self._unreadable_since = math.inf
        self._why = ""
        self.why_lost()

    def why_lost(self, check_now: bool = False) -> str:
        """Why the folder or its log is lost, in a sentence; empty while it is there.

        Checks once a second at most, and at once with `check_now`.
        """
        now = time.monotonic()
        if not self._why and (check_now or now >= self._next):
            self._next = now + CHECK_SECONDS
            self._why = self._look(now)
        return self._why

    def remaining(self) -> float:
        """Seconds until the next check."""
        return max(0.0, self._next - time.monotonic())

    def _look(self, now: float) -> str:
        path = self._folder.path
        try:
            why = self._difference()
        except (FileNotFoundError, NotADirectoryError):
            return f"the run folder {path} is gone: it was removed or moved, or its disk is no longer there"
        except OSError as error:
            self._unreadable_since = min(self._unreadable_since, now)
            if now < self._unreadable_since + UNREADABLE_SECONDS:
                return ""
            return f"the run folder {path} cannot be read any more: {reason_of(error)}"
        self._unreadable_since = math.inf
        return why

    def _difference(self) -> str:
        """What has come in the place of the folder or its log; raises OSError where they cannot be looked at."""
        path, log = self._folder.path, self._folder.log_path
        found = identity(path.stat())
        if self._found is None:
            self._found = found
        if found != self._found:
            return f"another folder is in the place of the run folder {path}"
        try:
            logged = identity(log.lstat())
        except FileNotFoundError:
            return f"the log {log} is gone: it was removed or moved" if self._log else ""
        if self._log is None:
            self._log = logged
        return "" if logged == self._log else f"another file is in the place of the log {log}"
