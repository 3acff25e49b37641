"""Where the trainer of a run listens: in its folder, or in a private folder of its own where that path is too long."""

from __future__ import annotations

import os
import socket
import stat
import struct
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from grokterm.runs.folder import RunFolder
from grokterm.runs.presence import Identity, identity

PATH_LIMIT: Final = 100
"""Bytes of the longest socket path that every system accepts."""
_NAME: Final = "socket"
_TIMEOUT: Final = 1.0
"""Seconds that a process may take to accept a connection."""


def new_path(folder: RunFolder, opened: Identity) -> Path:
    """Where to listen for the viewers of a folder; a private folder for it is made, of mode 0700. Raises OSError."""
    path = folder.path / _NAME
    if len(os.fsencode(path)) <= PATH_LIMIT:
        return path
    place = next(place for place in _places() if len(os.fsencode(place)) <= PATH_LIMIT // 2)
    return Path(tempfile.mkdtemp(prefix=_prefix(opened), dir=place)) / _NAME


def known_path(recorded: str, folder: RunFolder, opened: Identity) -> Path | None:
    """The socket that trainer.json records, if it is where the sockets of this folder are; None otherwise."""
    path = Path(recorded)
    if path.name != _NAME:
        return None
    if not path.parent.name.startswith(_prefix(opened)):
        path = folder.path / _NAME  # wherever the folder has been moved
    with suppress(OSError):
        return path if stat.S_ISSOCK(path.lstat().st_mode) else None
    return None


def remove_all(folder: int) -> None:
    """Removes the sockets of an open folder that has no trainer, and their private folders; nothing that is not ours.

    What a trainer.json says about them is not asked: its folder may be a copy, or made by somebody else.
    """
    _remove_socket(folder)
    for private in _private_folders(identity(os.fstat(folder))):
        with suppress(OSError):
            opened = os.open(private, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                _remove_socket(opened)
            finally:
                os.close(opened)
            private.rmdir()


def listener_pid(path: Path) -> int | None:
    """The pid of the process that listens on a socket, by the system; None where nobody does."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(_TIMEOUT)
            connection.connect(str(path))
            if sys.platform == "darwin":
                return connection.getsockopt(0, 2)  # SOL_LOCAL, LOCAL_PEERPID
            peer = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
            return int(struct.unpack("3i", peer)[0])
    except (OSError, ValueError):
        return None


def _prefix(opened: Identity) -> str:
    """How the names of a run folder's private folders begin, of one length for all."""
    import hashlib  # the first screen does not wait for it

    return f"grokterm-{hashlib.sha256(repr(opened).encode()).hexdigest()[:16]}-"


def _places() -> list[Path]:
    return list(dict.fromkeys((Path(tempfile.gettempdir()), Path("/tmp"))))


def _private_folders(opened: Identity) -> Iterator[Path]:
    prefix = _prefix(opened)
    for place in _places():
        with suppress(OSError), os.scandir(place) as entries:
            for entry in entries:
                if entry.name.startswith(prefix) and _is_private(entry.stat(follow_symlinks=False)):
                    yield Path(entry.path)


def _is_private(status: os.stat_result) -> bool:
    ours = status.st_uid == os.getuid()
    return ours and stat.S_ISDIR(status.st_mode) and stat.S_IMODE(status.st_mode) == 0o700


def _remove_socket(folder: int) -> None:
    """Removes the socket in an open folder."""
    with suppress(OSError):
        status = os.stat(_NAME, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISSOCK(status.st_mode) and status.st_uid == os.getuid():
            os.unlink(_NAME, dir_fd=folder)
