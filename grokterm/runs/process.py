"""The trainer process of a run: starting it, and finding the one that is there."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil

from grokterm.config.plugins import plugin_arguments
from grokterm.errors import RunFolderError, TrainerError, reason_of
from grokterm.real_files import open_file
from grokterm.runs import lock, sockets
from grokterm.runs.folder import RunFolder
from grokterm.runs.presence import Identity, identity

_SAME_START: Final = 0.05
"""Seconds by which two readings of one process's start time may differ."""
_LIMIT: Final = 4096
"""Bytes of the longest trainer.json that is read."""

STOP_SECONDS: Final = 60.0
"""Seconds that a trainer may take for its last checkpoint."""
_POLL_SECONDS: Final = 0.02

_passed_on: list[str] = []

_children: dict[Path, subprocess.Popen[bytes]] = {}
"""Trainers started by this process, by run folder: they are alive before they have written trainer.json."""


class TrainerProcess(msgspec.Struct, frozen=True):
    """The content of trainer.json: the trainer of a run folder."""

    pid: int
    start_time: float
    """See `start_time`; with the pid it identifies one process for good."""
    socket: str
    folder: Identity
    """Which folder it trains: a copy of the folder is another one."""
    locked: bool
    """Whether it holds the lock on this file, which some file systems do not have."""


def pass_on(*arguments: str) -> None:
    """Has every trainer that this process starts from here on be given these arguments; they are kept in no file."""
    _passed_on[:] = arguments


def start_trainer(folder: RunFolder, paused: bool = False, beyond: bool = False, threads: int | None = None) -> int:
    """Starts the run's trainer in its own session and returns its pid; raises TrainerError, RunFolderError.

    It stays `paused` where the run had come to, or goes on; with `beyond` also where the goal is reached. `threads` are
    those of its processor that it may use, else all.
    """
    switches = [*(["--paused"] if paused else []), *(["--beyond"] if beyond else [])]
    return start_process(folder, "grokterm.trainer", [*plugin_arguments(), *_passed_on, *switches], threads)


def start_process(folder: RunFolder, module: str, arguments: Sequence[str], threads: int | None = None) -> int:
    """Starts the process of a folder, a module that is given its path, as `start_trainer` does."""
    command = [sys.executable, "-P", "-m", module, str(folder.path.absolute()), *arguments]
    environment = None if threads is None else {**os.environ, "OMP_NUM_THREADS": str(threads)}
    try:
        log = open_file(folder.trainer_log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    except OSError as error:
        raise RunFolderError(f"{folder.trainer_log_path} cannot be written: {reason_of(error)}") from None
    try:
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            cwd=folder.path,
            env=environment,
        )
    except OSError as error:
        raise TrainerError(f"the process of {folder.id} cannot be started: {error.strerror}") from None
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
    return sockets.known_path(trainer.socket, folder, trainer.folder) if trainer else None


def trainer_of(folder: RunFolder) -> TrainerProcess | None:
    """The living process that trains this folder, as the system bears out; None where it cannot."""
    return _examine(folder)[0]


def trainer_doubt(folder: RunFolder) -> str:
    """Why it is uncertain whether this folder has a trainer, in a sentence; empty where it is certain."""
    return _examine(folder)[1]


def unrelated_process(folder: RunFolder) -> int | None:
    """The pid of a living process that trainer.json names and that does not train this folder; else None."""
    named = recorded_trainer(folder)
    return named.pid if named and _is_alive(named) and _examine(folder) == (None, "") else None


def recorded_trainer(folder: RunFolder) -> TrainerProcess | None:
    """What trainer.json says, true or not; None where there is none or it cannot be read."""
    return _read(folder)[0]


def _examine(folder: RunFolder) -> tuple[TrainerProcess | None, str]:
    """The folder's trainer, or why it is uncertain.

    What trainer.json says is only a claim: the lock on that file, or the socket where there are no locks, bears it out.
    """
    named, holder = _read(folder)
    if holder is not None and holder != lock.NOBODY and (named is None or named.pid != holder):
        who = f"process {holder}" if holder > 0 else "a process that cannot be seen from here"
        return None, f"{folder.trainer_path} is locked by {who}, which it does not name"
    if named is None or not _is_of(named, folder) or not _is_alive(named):
        return None, ""
    if named.locked and holder is not None:
        return (None if holder == lock.NOBODY else named), ""
    socket = sockets.known_path(named.socket, folder, named.folder)
    if socket is not None and sockets.listener_pid(socket) == named.pid:
        return named, ""
    return None, (
        f"{folder.trainer_path} names process {named.pid}, and nothing bears that out: "
        "its file system has no locks, and the process does not listen on the socket of the run"
    )


def _read(folder: RunFolder) -> tuple[TrainerProcess | None, int | None]:
    """What trainer.json says, and who holds its lock."""
    try:
        file = open_file(folder.trainer_path, os.O_RDONLY)
    except OSError:
        return None, lock.NOBODY
    try:
        return _decode(os.read(file, _LIMIT)), lock.holder(file)
    except OSError:
        return None, lock.NOBODY
    finally:
        os.close(file)


def _decode(written: bytes) -> TrainerProcess | None:
    try:
        return msgspec.json.decode(written, type=TrainerProcess)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _is_of(named: TrainerProcess, folder: RunFolder) -> bool:
    try:
        return identity(folder.path.stat()) == named.folder
    except OSError:
        return False


def _is_alive(named: TrainerProcess) -> bool:
    started = start_time(named.pid)
    return started is not None and abs(started - named.start_time) < _SAME_START


def ask_to_stop(folder: RunFolder, asked: int | None = None) -> int | None:
    """Signals the run's trainer to write a checkpoint and end, unless its pid is `asked`, which was signalled before.

    Returns the pid signalled last; None while there is no trainer that can be named. Raises TrainerError for a trainer
    of another user.
    """
    trainer = trainer_of(folder)
    if trainer is None or trainer.pid == asked:
        return asked
    try:
        os.kill(trainer.pid, signal.SIGTERM)
    except ProcessLookupError:
        pass
    except PermissionError:
        raise TrainerError(
            f"the trainer of {folder.id}, process {trainer.pid}, is another user's: only they stop it"
        ) from None
    return trainer.pid


def stop_trainer(folder: RunFolder, seconds: float = STOP_SECONDS) -> bool:
    """Asks the run's trainer to checkpoint and end, and waits at most `seconds`; whether it is gone.

    A suspended one is asked, and not waited for: it ends when it goes on.
    """
    deadline, asked = time.monotonic() + seconds, None
    while trainer_alive(folder):
        # One that has only just started tells its process a moment later.
        asked = ask_to_stop(folder, asked)
        if time.monotonic() > deadline or trainer_suspended(folder) is not None:
            return False
        time.sleep(_POLL_SECONDS)
    return True


def wait_for_end(folder: RunFolder, seconds: float) -> None:
    """Waits until the run has no trainer, at most `seconds`."""
    deadline = time.monotonic() + seconds
    while trainer_alive(folder) and time.monotonic() < deadline:
        time.sleep(_POLL_SECONDS)


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
