"""One trainer a run folder: taking the folder over, listening on its socket, and leaving both clean."""

from __future__ import annotations

import fcntl
import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from grokterm import durable
from grokterm.errors import RunFolderError, TrainerError
from grokterm.runs.checkpoints import remove_half_written
from grokterm.runs.folder import RunFolder
from grokterm.runs.process import TrainerProcess, recorded_trainer, start_time, trainer_of

PATH_LIMIT: Final = 100
"""Bytes of the longest socket path that every system takes."""

_SOCKET = "socket"
_PRIVATE_PREFIX = "grokterm-"
_BACKLOG = 64


@contextmanager
def claim(folder: RunFolder) -> Iterator[socket.socket]:
    """The listening socket of the folder's one trainer; raises TrainerError where there is a trainer already."""
    try:
        lock = os.open(folder.path, os.O_RDONLY)
    except OSError as error:
        raise RunFolderError(f"the run folder {folder.path} cannot be opened: {error.strerror}") from None
    try:
        _lock(lock, folder)
        _clear_away(folder)
        listener, path = _listen(folder)
        try:
            _announce(folder, path)
            yield listener
        finally:
            listener.close()
            folder.trainer_path.unlink(missing_ok=True)
            _remove_socket(path, folder)
    except OSError as error:
        raise RunFolderError(f"the run folder {folder.path} cannot be used: {error}") from None
    finally:
        os.close(lock)


def _lock(lock: int, folder: RunFolder) -> None:
    """Refuses a folder that a living trainer holds; the lock ends with its process, however it ends."""
    refusal = f"{folder.id} has a trainer already"
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise TrainerError(refusal) from None
    except OSError:
        pass  # a file system without locks: pid and start time decide alone
    other = trainer_of(folder)
    if other is not None and other.pid != os.getpid():
        raise TrainerError(f"{refusal}: process {other.pid}")


def _clear_away(folder: RunFolder) -> None:
    """Removes what a dead trainer left: its socket and half-written checkpoints."""
    dead = recorded_trainer(folder)
    if dead is not None:
        _remove_socket(Path(dead.socket), folder)
    _remove_socket(folder.path / _SOCKET, folder)
    remove_half_written(folder.checkpoint_folder)


def _listen(folder: RunFolder) -> tuple[socket.socket, Path]:
    path = folder.path / _SOCKET
    if len(os.fsencode(path)) > PATH_LIMIT:
        path = _private_folder() / _SOCKET
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen(_BACKLOG)
    listener.setblocking(False)
    return listener, path


def _private_folder() -> Path:
    """A new folder of mode 0700 whose path is short."""
    place = tempfile.gettempdir()
    if len(os.fsencode(place)) > PATH_LIMIT // 2:
        place = "/tmp"
    return Path(tempfile.mkdtemp(prefix=_PRIVATE_PREFIX, dir=place))


def _announce(folder: RunFolder, path: Path) -> None:
    """Writes trainer.json, whole or not at all."""
    started = start_time(os.getpid())
    trainer = TrainerProcess(os.getpid(), started if started is not None else 0.0, str(path))
    aside = folder.trainer_path.with_suffix(".part")
    durable.write(folder.trainer_path, msgspec.json.encode(trainer), aside, through_link=True)


def _remove_socket(path: Path, folder: RunFolder) -> None:
    """Removes a socket in the run folder, or one in a private folder of ours together with that folder."""
    private = path.parent.name.startswith(_PRIVATE_PREFIX)
    if path.name != _SOCKET or not (private or path.parent == folder.path):
        return
    with suppress(OSError):
        if stat.S_ISSOCK(path.lstat().st_mode) and path.lstat().st_uid == os.getuid():
            path.unlink()
    if private and path.parent != folder.path:
        with suppress(OSError):
            path.parent.rmdir()
