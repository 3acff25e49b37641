"""Files that are whole under their names, even after the power has failed: written aside, synced, then named."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from grokterm.real_files import opened_folder, reading

_NO_SYNC: Final = (errno.EINVAL, errno.ENOTSUP)
"""What file systems say that know no sync of folders."""


def write(path: Path, content: bytes, aside: Path, through_link: bool = False, sync: bool = True) -> None:
    """Writes a file of mode 0600 by way of `aside`, a name in the same folder that is free to be taken; raises OSError.

    A file that had the name before is there, whole, until the new one is. The folder may be a link only where
    `through_link` allows it. A new file that is not to be lost with the power yet needs no `sync`; see `settle`.
    """
    with opened_folder(path.parent, through_link) as folder:
        try:
            with suppress(FileNotFoundError):
                os.unlink(aside.name, dir_fd=folder)
            # O_EXCL follows no link that somebody may have put there meanwhile.
            made = os.open(aside.name, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600, dir_fd=folder)
            with os.fdopen(made, "wb") as file:
                file.write(content)
                file.flush()
                if sync:
                    rename(file.fileno(), aside.name, path.name, folder)
                else:
                    os.rename(aside.name, path.name, src_dir_fd=folder, dst_dir_fd=folder)
        except OSError:
            with suppress(OSError):
                os.unlink(aside.name, dir_fd=folder)
            raise


def publish(aside: Path, path: Path) -> None:
    """Gives a file that was written aside its name: file and name are on the disk afterwards; raises OSError."""
    with opened_folder(path.parent, through_link=True) as folder, reading(aside.name, folder) as file:
        rename(file.fileno(), aside.name, path.name, folder)


def settle(path: Path) -> None:
    """Brings a file that was written without, its name, and that of its folder to the disk; raises OSError."""
    with opened_folder(path.parent, through_link=True) as folder:
        with reading(path.name, folder) as file:
            os.fsync(file.fileno())
        _sync(folder)
    sync_folder(path.parent.parent)


def sync_folder(folder: Path) -> None:
    """Brings the names in a folder to the disk, where the file system knows how to; raises OSError."""
    with opened_folder(folder, through_link=True) as opened:
        _sync(opened)


def rename(file: int, aside: str, name: str, folder: int) -> None:
    """Gives an open file its name in an open folder: file and name are on the disk afterwards; raises OSError."""
    os.fsync(file)
    os.rename(aside, name, src_dir_fd=folder, dst_dir_fd=folder)
    _sync(folder)


def _sync(folder: int) -> None:
    try:
        os.fsync(folder)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
