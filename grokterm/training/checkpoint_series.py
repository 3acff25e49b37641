"""The model of a run at a few earlier steps, from its checkpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import torch
from torch import Tensor

from grokterm.analysis.cancellation import check_cancelled
from grokterm.analysis.model_at_step import ModelAtStep
from grokterm.errors import RunFolderError
from grokterm.runs.checkpoints import list_checkpoints, load_checkpoint, parse_name
from grokterm.runs.folder import RunFolder

MAX_STEPS: Final = 24
"""Steps that are shown at most."""
CACHE_BYTES: Final = 64 * 2**20
"""Most that the parameters of these steps may hold together."""
_PREFIX: Final = "parameters."


class CheckpointSeries:
    """Reads the parameters in checkpoints, each once; those that cannot be read or hold another model are left out."""

    def __init__(self, folder: RunFolder) -> None:
        self._folder = folder
        self._read: dict[Path, dict[str, Tensor]] = {}

    def before(self, model: ModelAtStep) -> Sequence[ModelAtStep]:
        """The model at up to `MAX_STEPS` earlier steps, evenly spaced over the checkpoints that are there."""
        size = sum(t.numel() * t.element_size() for t in model.parameters.values())
        most = min(MAX_STEPS, max(2, CACHE_BYTES // max(size, 1)))
        found = {parse_name(path)[0]: path for path in list_checkpoints(self._folder.checkpoint_folder)}
        steps = [step for step in sorted(found) if step < model.step]
        chosen = [found[step] for step in _evenly_spaced(steps, most)]
        self._read = {path: kept for path, kept in self._read.items() if path in chosen}
        models = []
        for path in chosen:
            check_cancelled()
            parameters = self._parameters(path)
            if _shapes(parameters) == _shapes(model.parameters):
                here = {name: tensor.to(model.labels.device) for name, tensor in parameters.items()}
                models.append(replace(model, step=parse_name(path)[0], parameters=here, earlier=tuple))
        return models

    def _parameters(self, path: Path) -> dict[str, Tensor]:
        if path not in self._read:
            try:
                tensors = load_checkpoint(path)[1]
            except RunFolderError:
                tensors = {}
            self._read[path] = {
                name.removeprefix(_PREFIX): torch.from_numpy(array.copy())
                for name, array in tensors.items()
                if name.startswith(_PREFIX)
            }
        return self._read[path]


def _shapes(parameters: Mapping[str, Tensor]) -> dict[str, torch.Size]:
    return {name: tensor.shape for name, tensor in parameters.items()}


def _evenly_spaced(steps: Sequence[int], count: int) -> list[int]:
    """At most `count` of the steps, as evenly spread over the run as they allow, with the first and the last."""
    if len(steps) <= count:
        return list(steps)
    stride = (steps[-1] - steps[0]) / (count - 1)
    wanted = [steps[0] + i * stride for i in range(count)]
    return sorted({min(steps, key=lambda step: abs(step - at)) for at in wanted})
