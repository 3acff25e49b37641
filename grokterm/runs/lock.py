"""The lock on trainer.json: a trainer holds it for as long as it lives, and anyone may ask who does.

It is a lock of POSIX: the system tells which process holds it, a suspended one still does, and a copy of the file has
none. A process loses it when it closes any descriptor of the file, so that a trainer must not read its trainer.json.
"""

from __future__ import annotations

import fcntl
import os
import struct
import sys
from typing import Final

NOBODY: Final = 0
"""In the place of a process's pid."""

# struct flock: type, whence, start, length and pid, in the system's order.
_LINUX: Final = "hhqqi0q"
_DARWIN: Final = "qqihh"


def hold(file: int) -> bool:
    """Takes the lock of an open file; whether the file system has locks. Raises BlockingIOError where it is taken."""
    try:
        fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError) as error:
        raise BlockingIOError(*error.args) from None
    except OSError:
        return False
    return True


def holder(file: int) -> int | None:
    """The pid of another process that holds the lock, or `NOBODY`; None where the file system has no locks.

    A process that cannot be seen from here, as in another container, has a pid below 0.
    """
    try:
        if sys.platform == "darwin":
            asked = struct.pack(_DARWIN, 0, 0, 0, fcntl.F_WRLCK, os.SEEK_SET)
            _, _, pid, kind, _ = struct.unpack(_DARWIN, fcntl.fcntl(file, fcntl.F_GETLK, asked))
        else:
            asked = struct.pack(_LINUX, fcntl.F_WRLCK, os.SEEK_SET, 0, 0, 0)
            kind, _, _, _, pid = struct.unpack(_LINUX, fcntl.fcntl(file, fcntl.F_GETLK, asked))
    except OSError:
        return None
    if kind == fcntl.F_UNLCK:
        return NOBODY
    return int(pid) if pid > 0 else -1
