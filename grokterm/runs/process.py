"""The trainer process of a run: starting it, and finding the one that is there."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil

from grokterm.errors import RunFolderError, TrainerError
from grokterm.real_files import open_file, read_end
from grokterm.runs.folder import RunFolder

_SAME_START: Final = 0.05
"""Seconds by which two readings of one process's start time may differ."""

_JSON_LIMIT: Final = 2**16
"""Bytes of trainer.json at most."""

_children: dict[Path, subprocess.Popen[bytes]] = {}
"""Trainers started by this process, by run folder: they are alive before they have written trainer.json."""


class TrainerProcess(msgspec.Struct, frozen=True):
    """What trainer.json tells about the trainer of a run folder."""

    pid: int
    start_time: float
    """As told by `start_time`; with the pid it names one process for good."""
    socket: str


def start_trainer(folder: RunFolder, paused: bool = False, beyond: bool = False) -> int:
    """Starts the run's trainer in its own session and returns its pid; raises TrainerError, RunFolderError.

    It stays `paused` where the run had come to, or goes on; with `beyond` also where the goal is reached.
    """
    command = [sys.executable, "-P", "-m", "grokterm.trainer", str(folder.path.absolute())]
    if paused:
        command.append("--paused")
    if beyond:
        command.append("--beyond")
    try:
        log = open_file(folder.trainer_log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    except OSError as error:
        raise RunFolderError(
            f"{folder.trainer_log_path} cannot be written: {(error.strerror or str(error)).lower()}"
        ) from None
    try:
        child = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd=folder.path
        )
    except OSError as error:
        raise TrainerError(f"the trainer cannot be started: {error.strerror}") from None
    finally:
        os.close(log)
    _children[folder.path.absolute()] = child
    return child.pid


def trainer_alive(folder: RunFolder) -> bool:
    """Whether a trainer process runs on this folder."""
    child = _children.get(folder.path.absolute())
    if child is not None and child.poll() is None:
        return True
    return trainer_of(folder) is not None


def socket_of(folder: RunFolder) -> Path | None:
    """Where the run's living trainer listens; None while there is none, or it does not listen yet."""
    trainer = trainer_of(folder)
    return Path(trainer.socket) if trainer else None


def trainer_of(folder: RunFolder) -> TrainerProcess | None:
    """The living trainer of which trainer.json tells, if there is one."""
    trainer = recorded_trainer(folder)
    if trainer is None:
        return None
    started = start_time(trainer.pid)
    alive = started is not None and abs(started - trainer.start_time) < _SAME_START
    return trainer if alive else None


def recorded_trainer(folder: RunFolder) -> TrainerProcess | None:
    """What trainer.json says, alive or not; None where there is none or it cannot be read."""
    try:
        return msgspec.json.decode(read_end(folder.trainer_path, _JSON_LIMIT), type=TrainerProcess)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def trainer_suspended(folder: RunFolder) -> int | None:
    """The pid of the run's trainer where that is stopped, as by SIGSTOP; else None."""
    trainer = trainer_of(folder)
    try:
        stopped = trainer is not None and psutil.Process(trainer.pid).status() == psutil.STATUS_STOPPED
    except psutil.Error:
        return None
    return trainer.pid if trainer and stopped else None


def exit_status(folder: RunFolder) -> int | None:
    """Exit status of the trainer that this process started and that has ended, −N after signal N; else None."""
    child = _children.get(folder.path.absolute())
    return child.poll() if child is not None else None


def start_time(pid: int) -> float | None:
    """When a process started, in seconds: since the machine did, where clocks may jump; None if it is gone."""
    try:
        boot: Any = psutil.boot_time() if psutil.LINUX else 0.0
        process = psutil.Process(pid)
        started: float = process.create_time()
        return None if process.status() == psutil.STATUS_ZOMBIE else started - boot
    except (psutil.Error, ValueError, OverflowError):
        return None
