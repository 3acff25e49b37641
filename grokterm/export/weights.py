"""The parameters of a kept checkpoint, as safetensors and as npz."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import safetensors.numpy

from grokterm.errors import RunFolderError
from grokterm.runs.checkpoints import CheckpointInfo, list_checkpoints, load_checkpoint, parse_name
from grokterm.runs.folder import RunFolder
from grokterm.version import __version__

if TYPE_CHECKING:
    import numpy.typing as npt

Arrays = Mapping[str, "npt.NDArray[Any]"]

_PARAMETERS: Final = "parameters."
_SHOWN: Final = 3
METADATA: Final = "metadata"
"""The array of an npz that holds the metadata as JSON."""


@dataclass(frozen=True)
class Weights:
    """The model of a checkpoint."""

    run: str
    info: CheckpointInfo
    parameters: dict[str, npt.NDArray[Any]]
    """By their names in grokterm."""

    def metadata(self, layout: str = "grokterm", **more: object) -> dict[str, str]:
        """What they are, as text by name: `config` and what is added are JSON."""
        about = {
            "format": "pt",
            "layout": layout,
            "run": self.run,
            "step": str(self.info.step),
            "phase": self.info.phase,
            "grokterm": __version__,
            "config": json.dumps(self.info.config, sort_keys=True),
        }
        return about | {name: json.dumps(value, sort_keys=True) for name, value in more.items()}


def weights_of(folder: RunFolder, step: int | None) -> Weights:
    """The newest checkpoint that can be read, or that of a step, after the changes there; raises RunFolderError."""
    paths = list_checkpoints(folder.checkpoint_folder)
    kept = sorted({parse_name(path)[0] for path in paths})
    if step is not None and step not in kept:
        near = sorted(sorted(kept, key=lambda one: abs(one - step))[:_SHOWN])
        which = f": the nearest are {', '.join(f'{one:,}' for one in near)}" if near else ""
        raise RunFolderError(f"{folder.id} has no checkpoint at step {step:,}{which}")
    for path in reversed(paths):
        if step is not None and parse_name(path)[0] != step:
            continue
        with suppress(RunFolderError):
            info, tensors = load_checkpoint(path)
            found = {
                name.removeprefix(_PARAMETERS): array for name, array in tensors.items() if name.startswith(_PARAMETERS)
            }
            return Weights(folder.id, info, found)
    at = "" if step is None else f" of step {step:,}"
    raise RunFolderError(f"{folder.id} has no checkpoint{at} that can be read: there are no weights to export")


def safetensors_of(arrays: Arrays, metadata: Mapping[str, str]) -> bytes:
    """A safetensors file, with its metadata."""
    made: bytes = safetensors.numpy.save(
        {name: np.ascontiguousarray(arrays[name]) for name in sorted(arrays)}, dict(metadata)
    )
    return made


def npz_of(arrays: Arrays, metadata: Mapping[str, str]) -> bytes:
    """An npz file, which numpy loads without unpickling; its metadata are JSON in an array of their own."""
    file = io.BytesIO()
    named: dict[str, Any] = {**arrays, METADATA: np.array(json.dumps(metadata))}
    np.savez_compressed(file, **named)
    return file.getvalue()
