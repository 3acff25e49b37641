"""Files that are whole under their names, even after the power has failed: written aside, synced, then named."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

_NO_SYNC: Final = (errno.EINVAL, errno.ENOTSUP)
"""What file systems say that know no sync of folders."""


def write(path: Path, content: bytes, aside: Path) -> None:
    """Writes a file of mode 0600 by way of `aside`, a name in the same folder that is free to be taken; raises OSError.

    A file that had the name before is there, whole, until the new one is.
    """
    try:
        aside.unlink(missing_ok=True)
        # O_EXCL follows no link that somebody may have put there meanwhile.
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        name(aside, path)
    except OSError:
        with suppress(OSError):
            aside.unlink()
        raise


def name(aside: Path, path: Path) -> None:
    """Gives a file that was written aside its name: file and name are on the disk afterwards; raises OSError."""
    file = os.open(aside, os.O_RDONLY)
    try:
        os.fsync(file)
    finally:
        os.close(file)
    aside.rename(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Brings the names in a folder to the disk, where the file system knows how to; raises OSError."""
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise
    finally:
        os.close(opened)
