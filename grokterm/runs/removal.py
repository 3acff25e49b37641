"""Removing runs: only what a run folder holds, never through a link, and never under a trainer."""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from grokterm.errors import RunFolderError, reason_of
from grokterm.real_files import FILE, FOLDER, kind_of, opened_folder
from grokterm.runs import sockets
from grokterm.runs.checkpoints import is_checkpoint_file
from grokterm.runs.folder import NOTES_FILE, PARTIAL_FILES, RunFolder
from grokterm.runs.plugins import is_plugin_file
from grokterm.runs.process import trainer_alive, trainer_doubt

OWN_FILES: Final = ("trainer.json", "trainer.log", "viewer.log", "socket", NOTES_FILE, "log.jsonl", "config.toml")
"""Files of a run folder, in the order in which they go: what is half removed is still a run to be removed."""


def check_removable(folder: RunFolder) -> None:
    """Makes sure that a folder is a run's, holds nothing else and has no trainer; raises RunFolderError."""
    path = folder.path
    if path.is_symlink():
        raise RunFolderError(f"{path} is a link: remove it, or the run it leads to, by hand")
    if (config := kind_of(folder.config_path)) != FILE:
        why = f"its config.toml is {config}" if config else "it has no config.toml"
        raise RunFolderError(f"{path} is no run: {why}")
    foreign = _foreign_files(folder)
    if foreign:
        more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
        raise RunFolderError(
            f"{folder.id} holds what is no part of a run ({', '.join(foreign[:3])}{more}): move that elsewhere first"
        )
    if not folder.checkpoint_folder.is_dir():
        raise RunFolderError(f"{path} is no run: it has no folder of checkpoints")
    if trainer_alive(folder):
        raise RunFolderError(f"{folder.id} has a trainer: stop it first with grokterm stop {folder.id}")
    if doubt := trainer_doubt(folder):
        raise RunFolderError(f"{folder.id} may have a trainer: {doubt}")


def remove_run(folder: RunFolder) -> None:
    """Removes a run's folder for good; raises RunFolderError and leaves a run where that cannot be done."""
    check_removable(folder)
    try:
        lock = os.open(folder.path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
        try:
            _lock(lock, folder)
            sockets.remove_all(lock)
            with opened_folder(folder.checkpoint_folder) as checkpoints:
                for name in os.listdir(checkpoints):
                    _unlink(name, checkpoints)
            if kind_of(folder.plugin_folder) == FOLDER:
                with opened_folder(folder.plugin_folder) as plugins:
                    for name in os.listdir(plugins):
                        _unlink(name, plugins)
                folder.plugin_folder.rmdir()
            for name in (*PARTIAL_FILES, *OWN_FILES):
                _unlink(name, lock)
            folder.checkpoint_folder.rmdir()
            folder.path.rmdir()
        finally:
            os.close(lock)
    except OSError as error:
        raise RunFolderError(f"{folder.path} cannot be removed: {reason_of(error)}") from None


def _lock(lock: int, folder: RunFolder) -> None:
    """Keeps a trainer from starting on the folder meanwhile; on a file system without locks none is kept away."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise RunFolderError(f"{folder.id} has a trainer: stop it first with grokterm stop {folder.id}") from None
    except OSError:
        pass


def _foreign_files(folder: RunFolder) -> list[str]:
    """What is in the folder, or in its checkpoint folder, that no run has."""
    found: list[str] = []
    for name in _names(folder.path):
        path = folder.path / name
        if path == folder.checkpoint_folder:
            if kind_of(path) != FOLDER:
                found.append(name)
            else:
                found += [f"{name}/{inner}" for inner in _names(path) if not _is_checkpoint(path / inner)]
        elif path == folder.plugin_folder and kind_of(path) == FOLDER:
            found += [f"{name}/{inner}" for inner in _names(path) if not is_plugin_file(inner)]
        elif name not in (*OWN_FILES, *PARTIAL_FILES) or kind_of(path) == FOLDER:
            found.append(name)
    return found


def _unlink(name: str, folder: int) -> None:
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def _is_checkpoint(path: Path) -> bool:
    return is_checkpoint_file(path.name) and kind_of(path) != FOLDER


def _names(path: Path) -> list[str]:
    try:
        return sorted(os.listdir(path))
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {reason_of(error)}") from None
