"""The formats of an export by name: what each is for, and how it is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from grokterm.errors import ConfigError, RunFolderError
from grokterm.export.new_files import new_folder, write_export
from grokterm.export.run_table import RunTable
from grokterm.export.tables import FORMATS as TABLES
from grokterm.export.weights import weights_of
from grokterm.number_format import counted
from grokterm.runs.folder import RunFolder
from grokterm.runs.history import History, read_history


@dataclass(frozen=True, slots=True)
class Format:
    """A format."""

    words: str
    ending: str
    """Of its files; that of a folder is its name."""
    write: Callable[[RunFolder, Path, int | None, str], str]
    """Writes a run to a path, the weights of a step where they are asked for; what was written, in words.

    The text says what can be done about a path that is taken. Raises GroktermError, and leaves nothing then.
    """
    of_weights: bool = False


def _tables(name: str) -> Callable[[RunFolder, Path, int | None, str], str]:
    def write(folder: RunFolder, path: Path, step: int | None, advice: str) -> str:
        table = RunTable(_history(folder))
        about = {"run": folder.id, "config": json.dumps(folder.config().as_dict(), sort_keys=True)}
        write_export(path, TABLES[name](table.table(about)), advice=advice)
        return _size(table)

    return write


def _tensorboard(folder: RunFolder, path: Path, step: int | None, advice: str) -> str:
    from grokterm.export import tensorboard

    history = _history(folder)
    table = RunTable(history)
    with new_folder(path, advice) as made:
        tensorboard.write(made, table, history)
    return _size(table)


def _wandb(folder: RunFolder, path: Path, step: int | None, advice: str) -> str:
    from grokterm.export import wandb

    history = _history(folder)
    table = RunTable(history)
    with new_folder(path, advice) as made:
        wandb.write(made, folder.id, table, history)
    return _size(table)


def _weights(layout: str) -> Callable[[RunFolder, Path, int | None, str], str]:
    def write(folder: RunFolder, path: Path, step: int | None, advice: str) -> str:
        from grokterm.export import layouts
        from grokterm.export.weights import npz_of, safetensors_of

        weights = weights_of(folder, step)
        match layout:
            case "transformer-lens":
                arrays, config = layouts.transformer_lens(weights)
                content = safetensors_of(arrays, weights.metadata(layout, transformer_lens=config))
            case "nanda":
                arrays, config = layouts.nanda(weights)
                content = safetensors_of(arrays, weights.metadata(layout, nanda=config))
            case "npz":
                arrays = weights.parameters
                content = npz_of(arrays, weights.metadata())
            case _:
                arrays = weights.parameters
                content = safetensors_of(arrays, weights.metadata())
        write_export(path, content, advice=advice)
        return f"{counted(len(arrays), 'tensor')} of step {weights.info.step:,}"

    return write


FORMATS: Final[dict[str, Format]] = {
    "csv": Format("a table of all that is logged, a row a step", ".csv", _tables("csv")),
    "parquet": Format("the same for pandas, Polars, DuckDB (extra parquet)", ".parquet", _tables("parquet")),
    "jsonl": Format("the same, an object a line", ".jsonl", _tables("jsonl")),
    "tensorboard": Format("a folder of event files (extra tensorboard)", "-tensorboard", _tensorboard),
    "wandb-offline": Format("a folder that wandb sync sends (extra wandb)", "-wandb", _wandb),
    "safetensors": Format("the parameters of a checkpoint", ".safetensors", _weights("safetensors"), True),
    "npz": Format("the same for numpy", ".npz", _weights("npz"), True),
    "transformer-lens": Format(
        "a transformer as HookedTransformer has it", "-transformer-lens.safetensors", _weights("transformer-lens"), True
    ),
    "nanda": Format("a transformer as Nanda et al.'s code has it", "-nanda.safetensors", _weights("nanda"), True),
}
"""All formats, in order."""


def _history(folder: RunFolder) -> History:
    """The history of a run that has begun; raises RunFolderError."""
    try:
        history = read_history(folder)
    except ConfigError as error:
        raise RunFolderError(f"the log of {folder.id} holds a change that cannot be made: {error}") from None
    if not len(history):
        raise RunFolderError(f"{folder.id} has not begun to train: there is nothing to export")
    return history


def _size(table: RunTable) -> str:
    return f"{counted(len(table.columns) + 1, 'column')} of {counted(len(table.steps), 'step')}"
