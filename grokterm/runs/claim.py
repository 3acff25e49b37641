"""One trainer a run folder: taking the folder over, listening on its socket, and leaving both clean."""

from __future__ import annotations

import errno
import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

import msgspec

from grokterm import durable
from grokterm.errors import FolderLostError, RunFolderError, TrainerError
from grokterm.runs import lock, sockets
from grokterm.runs.checkpoints import remove_partial
from grokterm.runs.folder import RunFolder
from grokterm.runs.presence import FolderWatch, identity
from grokterm.runs.process import TrainerProcess, start_time, trainer_doubt, trainer_of

_BACKLOG: Final = 64


class Claim:
    """A run folder that is this process's to train, and the socket on which it listens."""

    def __init__(self, folder: RunFolder, opened: int) -> None:
        """Takes over a folder that is `opened` and locked; raises OSError."""
        self._folder = folder
        self._opened = opened
        self._identity = identity(os.fstat(opened))
        self._watch = FolderWatch(folder, self._identity)
        self._file = -1
        self._written: tuple[int, ...] | None = None
        sockets.remove_all(opened)
        remove_partial(folder.checkpoint_folder)
        self.listener, self._socket = self._listen()
        self._announce()

    def check(self, check_now: bool = False) -> None:
        """Raises FolderLostError where the folder is no longer there; writes trainer.json anew where that was changed.

        Checks once a second at most, and at once with `check_now`.
        """
        if self._watch.remaining() > 0 and not check_now:
            return
        if lost := self._watch.why_lost(check_now=True):
            raise FolderLostError(lost)
        if self._status() != self._written:
            with suppress(OSError):  # as of a full disk: the next look comes
                self._announce()

    @property
    def lost(self) -> bool:
        """Whether the folder is no longer there."""
        return bool(self._watch.why_lost(check_now=True))

    def remaining(self) -> float:
        """Seconds until the next check."""
        return self._watch.remaining()

    def release(self) -> None:
        """Ends what `claim` began, in the folder that was opened, wherever it is by now."""
        self.listener.close()
        with suppress(OSError):
            if self._status() == self._written:
                os.unlink(self._folder.trainer_path.name, dir_fd=self._opened)
        sockets.remove_all(self._opened)
        if self._file >= 0:
            os.close(self._file)

    def _listen(self) -> tuple[socket.socket, Path]:
        path = sockets.new_path(self._folder, self._identity)
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(str(path))
        path.chmod(0o600)
        listener.listen(_BACKLOG)
        listener.setblocking(False)
        return listener, path

    def _announce(self) -> None:
        """Writes trainer.json, whole or not at all, and holds its lock; raises OSError."""
        path = self._folder.trainer_path
        aside = path.with_suffix(".part").name
        with suppress(FileNotFoundError):
            os.unlink(aside, dir_fd=self._opened)
        file = os.open(aside, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=self._opened)
        try:
            started = start_time(os.getpid())
            process = TrainerProcess(
                pid=os.getpid(),
                start_time=started if started is not None else 0.0,
                socket=str(self._socket),
                folder=self._identity,
                locked=lock.hold(file),
            )
            written = msgspec.json.encode(process)
            if os.write(file, written) < len(written):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            os.fsync(file)  # a disk on a network sets the time of a file only then
            known = _marks(os.fstat(file))  # before anybody else can change it
            durable.rename(file, aside, path.name, self._opened)
        except OSError:
            os.close(file)
            raise
        if self._file >= 0:
            os.close(self._file)
        self._file, self._written = file, known

    def _status(self) -> tuple[int, ...] | None:
        """What identifies the present trainer.json; None where there is none."""
        try:
            return _marks(os.stat(self._folder.trainer_path.name, dir_fd=self._opened, follow_symlinks=False))
        except OSError:
            return None


def _marks(status: os.stat_result) -> tuple[int, ...]:
    return *identity(status), status.st_size, status.st_mtime_ns


@contextmanager
def claim(folder: RunFolder) -> Iterator[Claim]:
    """Makes this process the folder's one trainer; raises TrainerError where it has one already, RunFolderError."""
    try:
        opened = os.open(folder.path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise RunFolderError(f"the run folder {folder.path} cannot be opened: {error.strerror}") from None
    try:
        _lock(opened, folder)
        try:
            claimed = Claim(folder, opened)
        except OSError as error:
            raise RunFolderError(f"the run folder {folder.path} cannot be used: {error}") from None
        try:
            yield claimed
        finally:
            claimed.release()
    finally:
        os.close(opened)


def _lock(opened: int, folder: RunFolder) -> None:
    """Refuses a folder that a living trainer holds; the lock ends with its process, however it ends."""
    refusal = f"{folder.id} has a trainer already"
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise TrainerError(refusal) from None
    except OSError:
        pass  # a file system without locks: what trainer.json says decides alone
    if (other := trainer_of(folder)) is not None:
        raise TrainerError(f"{refusal}: process {other.pid}")
    if doubt := trainer_doubt(folder):
        raise TrainerError(f"{folder.id} may have a trainer already: {doubt}")
