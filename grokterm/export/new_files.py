"""Files and folders that are there whole or not at all, and never take the place of others unasked."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from grokterm import durable
from grokterm.errors import RunFolderError, reason_of
from grokterm.real_files import is_there

OVERWRITE: Final = "choose another name, or overwrite=True"
"""What a notebook can do about a name that is taken."""


def check_free(path: Path, advice: str) -> Path:
    """The absolute path; raises RunFolderError where there is anything, with what can be done about it."""
    path = path.expanduser().absolute()
    if is_there(path):
        raise RunFolderError(f"{path} is there already: {advice}")
    return path


def write_export(path: Path, content: bytes, overwrite: bool = False, advice: str = OVERWRITE) -> None:
    """Writes a file of mode 0600, whole or not at all; raises RunFolderError, also where there is one already."""
    path = path.expanduser().absolute() if overwrite else check_free(path, advice)
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        if overwrite:
            durable.write(path, content, aside, through_link=True)
            return
        durable.write(aside, content, aside.with_name(aside.name + "ial"), through_link=True)
        try:
            os.link(aside, path)  # unlike a rename, never in the place of what came meanwhile
        finally:
            with suppress(OSError):
                aside.unlink()
    except FileExistsError:
        raise RunFolderError(f"{path} is there already: {advice}") from None
    except OSError as error:
        raise RunFolderError(f"{path} cannot be written: {reason_of(error)}") from None


@contextmanager
def new_folder(path: Path, advice: str) -> Iterator[Path]:
    """A folder to be filled that has its name afterwards; raises RunFolderError, and leaves nothing where that fails.

    Files that are put into it have to be on the disk.
    """
    path = check_free(path, advice)
    aside: Path | None = None
    try:
        aside = Path(tempfile.mkdtemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent))
        yield aside
        check_free(path, advice)
        aside.rename(path)  # which takes the place of an empty folder at most
        durable.sync_folder(path.parent)
    except OSError as error:
        raise RunFolderError(f"{path} cannot be written: {reason_of(error)}") from None
    finally:
        if aside is not None:
            shutil.rmtree(aside, ignore_errors=True)
