"""Ending trainers: each writes a checkpoint first."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from typing import Final

from grokterm.cli.options import Values
from grokterm.errors import RunFolderError, TrainerError
from grokterm.runs.folder import RunFolder, find_run, list_runs, runs_home
from grokterm.runs.process import trainer_alive, trainer_of

PATIENCE: Final = 60.0
"""Seconds that a trainer may take for its last checkpoint."""
_POLL: Final = 0.02


def stop(name: str | None, every: bool, values: Values) -> int:
    """Stops one run or every run that trains, and says so; raises RunFolderError, TrainerError."""
    home = runs_home(values.get("runs"))
    alive = [folder for folder in list_runs(home) if trainer_alive(folder)]
    if name is not None:
        if every:
            raise RunFolderError("a run and --all exclude each other: give one of them")
        alive = [folder for folder in [find_run(name, home)] if trainer_alive(folder)]
    if not alive:
        print(f"{find_run(name, home).id} does not train" if name else "no run trains")
        return 0
    if len(alive) > 1 and not every:
        raise RunFolderError(f"{len(alive)} runs train: name one of {', '.join(f.id for f in alive)}, or give --all")
    for folder in alive:
        ask_to_stop(folder)
    for folder in alive:
        if not gone(folder):
            raise TrainerError(f"the trainer of {folder.id} does not end; its process is {_pid(folder)}")
        print(f"{folder.id} is stopped, its last checkpoint is kept")
    return 0


def ask_to_stop(folder: RunFolder, pid: int | None = None) -> None:
    """Asks the run's trainer, or the one with `pid` that has not written trainer.json yet, to checkpoint and end."""
    pid = _pid(folder) or pid
    if pid is not None:
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


def gone(folder: RunFolder, seconds: float = PATIENCE) -> bool:
    """Waits until the run has no trainer, at most `seconds`; whether that came about."""
    deadline = time.monotonic() + seconds
    while trainer_alive(folder):
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL)
    return True


def _pid(folder: RunFolder) -> int | None:
    trainer = trainer_of(folder)
    return trainer.pid if trainer else None
