"""Fork servers of multiprocessing that need load nothing."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing import util
from typing import Any


def fork_servers_here() -> None:
    """Has a fork server be a fork of this process, which has loaded what that would, unless threads may hold locks."""
    start = util.spawnv_passfds

    def fork(path: bytes, arguments: Sequence[Any], files: Sequence[int]) -> int:
        code = arguments[-1]
        if "multiprocessing.forkserver" not in code or threading.active_count() > 1:
            return start(path, arguments, files)
        if pid := os.fork():
            return pid
        try:
            for number in map(int, os.listdir("/proc/self/fd")):
                if number > 2 and number not in files:
                    with suppress(OSError):
                        os.close(number)
            exec(code, {})
        finally:
            os._exit(1)

    util.spawnv_passfds = fork  # type: ignore[assignment]
