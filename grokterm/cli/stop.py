"""Ending trainers: each writes a checkpoint first."""

from __future__ import annotations

from pathlib import Path

from grokterm.cli.options import Values
from grokterm.cli.sanitize import sanitize
from grokterm.errors import RunFolderError, TrainerError
from grokterm.runs.checkpoints import list_checkpoints
from grokterm.runs.folder import RunFolder, find_run, home_path, list_runs
from grokterm.runs.process import (
    ask_to_stop,
    stop_trainer,
    trainer_alive,
    trainer_doubt,
    trainer_of,
    trainer_suspended,
    unrelated_process,
)
from grokterm.sweeps.folder import SweepFolder, find_sweep, list_sweeps, names_sweep


def stop(name: str | None, all_runs: bool, values: Values) -> int:
    """Stops one run or every run that trains, and says so; raises RunFolderError, TrainerError."""
    home = home_path(values.get("runs"))
    sweeps = [sweep.process_folder for sweep in list_sweeps(home)]
    alive = [folder for folder in (*list_runs(home), *sweeps) if trainer_alive(folder)]
    if name is not None:
        if all_runs:
            raise RunFolderError("a run and --all exclude each other: give one of them")
        alive = [folder for folder in [_find(name, home)] if trainer_alive(folder)]
    if not alive:
        print(sanitize(_not_training(_find(name, home)) if name else "no run trains"))
        return 0
    if len(alive) > 1 and not all_runs:
        raise RunFolderError(f"{len(alive)} runs train: name one of {', '.join(f.id for f in alive)}, or give --all")
    for folder in alive:
        ask_to_stop(folder)
    for folder in alive:
        if not stop_trainer(folder):
            raise TrainerError(_not_ending(folder))
        is_sweep = SweepFolder(folder.path).is_sweep
        kept = ", the runs that have ended are kept" if is_sweep else ""
        if not is_sweep and list_checkpoints(folder.checkpoint_folder):
            kept = ", its last checkpoint is kept"
        print(sanitize(f"{folder.id} is stopped{kept}"))
    return 0


def _find(name: str, home: Path) -> RunFolder:
    """The run of a name, or the folder of a sweep's process."""
    return find_sweep(name, home).process_folder if names_sweep(name, home) else find_run(name, home)


def _not_training(folder: RunFolder) -> str:
    """That a run does not train; raises TrainerError where that is uncertain."""
    if doubt := trainer_doubt(folder):
        raise TrainerError(f"{folder.id} is not stopped: {doubt}")
    unrelated = unrelated_process(folder)
    why = "" if unrelated is None else f": process {unrelated}, which its trainer.json names, is not its trainer"
    return f"{folder.id} does not train{why}"


def _not_ending(folder: RunFolder) -> str:
    suspended = trainer_suspended(folder)
    if suspended is not None and SweepFolder(folder.path).is_sweep:
        return f"the coordinator of {folder.id} is suspended: kill -CONT {suspended} lets it end"
    if suspended is None:
        return f"the trainer of {folder.id} does not end; its process is {_pid(folder)}"
    return f"the trainer of {folder.id} is suspended: kill -CONT {suspended} lets it write its last checkpoint and end"


def _pid(folder: RunFolder) -> int | None:
    trainer = trainer_of(folder)
    return trainer.pid if trainer else None
