"""Removing sweeps: only what a sweep folder holds, never through a link, and never under a coordinator."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from typing import Final

from grokterm.errors import RunFolderError, reason_of
from grokterm.real_files import FILE, FOLDER, kind_of
from grokterm.runs import sockets
from grokterm.runs.process import trainer_alive, trainer_doubt
from grokterm.sweeps.folder import SweepFolder

OWN_FILES: Final = (
    "sweep.toml.part",
    "state.json.part",
    "trainer.part",
    "trainer.json",
    "trainer.log",
    "viewer.log",
    "socket",
    "state.json",
    "curves.f32",
    "cells.jsonl",
    "sweep.toml",
)
"""Files of a sweep folder, in the order in which they go: what is half removed is still a sweep to be removed."""


def check_removable(folder: SweepFolder) -> None:
    """Makes sure that a folder is a sweep's, holds nothing else and has no coordinator; raises RunFolderError."""
    path = folder.path
    if path.is_symlink():
        raise RunFolderError(f"{path} is a link: remove it, or the sweep it leads to, by hand")
    if kind_of(folder.plan_path) != FILE:
        raise RunFolderError(f"{path} is no sweep: it has no sweep.toml")
    try:
        foreign = sorted(n for n in os.listdir(path) if n not in OWN_FILES or kind_of(path / n) == FOLDER)
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {reason_of(error)}") from None
    if foreign:
        more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
        raise RunFolderError(
            f"{folder.id} holds what is no part of a sweep ({', '.join(foreign[:3])}{more}): move that elsewhere first"
        )
    if trainer_alive(folder.process_folder):
        raise RunFolderError(f"{folder.id} trains: stop it first with grokterm stop {folder.id}")
    if doubt := trainer_doubt(folder.process_folder):
        raise RunFolderError(f"{folder.id} may train: {doubt}")


def remove_sweep(folder: SweepFolder) -> None:
    """Removes a sweep's folder for good; raises RunFolderError and leaves a sweep where that cannot be done."""
    check_removable(folder)
    try:
        opened = os.open(folder.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            _lock(opened, folder)
            sockets.remove_all(opened)
            for name in OWN_FILES:
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=opened)
            folder.path.rmdir()
        finally:
            os.close(opened)
    except OSError as error:
        raise RunFolderError(f"{folder.path} cannot be removed: {reason_of(error)}") from None


def _lock(opened: int, folder: SweepFolder) -> None:
    """Keeps a coordinator from starting on the folder meanwhile, where the file system knows locks."""
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RunFolderError(f"{folder.id} trains: stop it first with grokterm stop {folder.id}") from None
    except OSError:
        pass
