"""A run as an offline run of Weights & Biases, which `wandb sync` sends."""

from __future__ import annotations

import hashlib
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from grokterm import durable
from grokterm.errors import MissingPackageError, RunFolderError, first_line
from grokterm.export.run_table import RunTable
from grokterm.runs.history import History

PROJECT: Final = "grokterm"
_SETTINGS: Final = {
    "silent": True,
    "host": "",
    "console": "off",
    "disable_git": True,
    "disable_code": True,
    "save_code": False,
    "x_disable_meta": True,
    "x_disable_stats": True,
    "x_disable_machine_info": True,
    "x_save_requirements": False,
}
"""Nothing is said of this machine, and nothing printed."""


def write(folder: Path, run: str, table: RunTable, history: History) -> None:
    """Has wandb write its file of a run, and puts that into a folder; nothing is sent.

    Raises MissingPackageError without the package wandb, RunFolderError where it fails, OSError.
    """
    wandb = _module()
    with tempfile.TemporaryDirectory(dir=folder) as aside:
        try:
            logged = _begun(wandb, aside, run, history)
            for row, step in enumerate(table.steps.tolist()):
                logged.log(table.numbers(row), step=step)
            logged.summary.update({name: step for name, step in history.milestones.items() if step is not None})
            logged.finish()
            wandb.teardown()  # the file is whole when its service is gone
        except Exception as error:  # of its own kinds, from a process of its own
            raise RunFolderError(f"wandb cannot write its run: {first_line(error)}") from None
        made = next(iter(Path(aside).glob("wandb/offline-run-*/*.wandb")), None)
        if made is None:
            raise RunFolderError("wandb cannot write its run: there is no file of it")
        path = folder / made.name
        durable.write(path, made.read_bytes(), path.with_name(f".{path.name}.part"))


def _begun(wandb: Any, folder: str, run: str, history: History) -> Any:
    """A run of wandb that is written to a folder; the same run has the same id again."""
    began = min((session.time for session in history.sessions), default=0.0)
    known = wandb.Settings.model_fields
    return wandb.init(
        project=PROJECT,
        name=run,
        id=hashlib.sha256(f"{run} {began}".encode()).hexdigest()[:12],
        dir=folder,
        mode="offline",
        config=history.first_config.as_dict(),
        settings=wandb.Settings(**{name: value for name, value in _SETTINGS.items() if name in known}),
    )


def _module() -> Any:
    try:
        return import_module("wandb")
    except ImportError:
        raise MissingPackageError(
            "offline runs of wandb need wandb, which is not installed: pip install 'grokterm[wandb]', or export csv"
        ) from None
