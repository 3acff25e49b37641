"""Opening what is really there: files through no link, and never a pipe, socket or device, which may not return.

What an open file is, is asked of itself and not of its path: that may change in between.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Final

FILE: Final = "a file"
FOLDER: Final = "a folder"

_KINDS: Final[tuple[tuple[Callable[[int], bool], str], ...]] = (
    (stat.S_ISREG, FILE),
    (stat.S_ISDIR, FOLDER),
    (stat.S_ISLNK, "a link"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)
# Without O_NONBLOCK a pipe is not open before its other end is; with O_NOCTTY no terminal takes this process over.
_NEVER: Final = os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY


class WrongKindError(OSError):
    """Something else stands in the place of a file or folder; `strerror` says what."""


def kind_of(path: Path | str, folder: int | None = None) -> str | None:
    """What is under a name: a file, a folder, a link …; None where nothing is, or it cannot be examined."""
    try:
        return _kind(os.stat(path, dir_fd=folder, follow_symlinks=False))
    except OSError:
        return None


def is_there(path: Path) -> bool:
    """Whether there is anything under a name, also where it cannot be reached."""
    try:
        path.lstat()
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True
    return True


def open_file(path: Path | str, flags: int, folder: int | None = None, mode: int = 0o600) -> int:
    """The descriptor of a file, by a path or by a name in an open folder; raises OSError, WrongKindError.

    `flags` are those of os.open; with O_CREAT, a new file has `mode`.
    """
    there = kind_of(path, folder)
    if there not in (None, FILE):  # a device may act on being opened
        raise WrongKindError(errno.EINVAL, f"it is {there}, not a file")
    try:
        file = os.open(path, flags | _NEVER, mode, dir_fd=folder)
    except OSError as error:
        if error.errno != errno.ENOENT and (there := kind_of(path, folder)) not in (None, FILE):
            raise WrongKindError(errno.EINVAL, f"it is {there}, not a file") from None
        raise
    try:
        if (there := _kind(os.fstat(file))) != FILE:
            raise WrongKindError(errno.EINVAL, f"it is {there}, not a file")
        os.set_blocking(file, True)
    except OSError:
        os.close(file)
        raise
    return file


def reading(path: Path | str, folder: int | None = None) -> BinaryIO:
    """A file to be read, by a path or by a name in an open folder; raises OSError, WrongKindError."""
    return os.fdopen(open_file(path, os.O_RDONLY, folder), "rb")


def read_end(path: Path, size: int) -> bytes:
    """The last `size` bytes of a file; raises OSError, WrongKindError."""
    with reading(path) as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - size))
        return file.read(size)


@contextmanager
def opened_folder(path: Path, through_link: bool = False) -> Iterator[int]:
    """The descriptor of a folder, through a link only where that is allowed; raises OSError, WrongKindError."""
    try:
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | (0 if through_link else os.O_NOFOLLOW))
    except OSError:
        there = kind_of(path)
        if there not in (None, FOLDER) and not (through_link and there == "a link"):
            raise WrongKindError(errno.EINVAL, f"{path.name} is {there}, not a folder") from None
        raise
    try:
        yield folder
    finally:
        os.close(folder)


def _kind(status: os.stat_result) -> str:
    return next((kind for is_kind, kind in _KINDS if is_kind(status.st_mode)), "something unknown")
