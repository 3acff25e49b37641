"""From where a step of a run is reached soonest: its newest good checkpoint before, or its beginning."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import torch

from grokterm.config import Config
from grokterm.errors import ConfigError, RunFolderError
from grokterm.lab.engine import Engine
from grokterm.replay.walk import Walk
from grokterm.runs.checkpoints import CheckpointInfo, list_checkpoints, load_checkpoint, parse_name
from grokterm.runs.folder import RunFolder
from grokterm.wire.records import Change, TrainingRecord


class Nearest(NamedTuple):
    """A walk that stands at or before a step."""

    walk: Walk
    complaints: tuple[str, ...]
    """Newer checkpoints that could not be used, and why."""


def nearest(folder: RunFolder, training: Sequence[TrainingRecord], step: int, device: str | None = None) -> Nearest:
    """A walk through the log's training records, not beyond `step` and the changes before it; nothing is written.

    `device` takes the place of the run's own. Raises RunFolderError, and ConfigError for a device that is not there.
    """
    changes = [record for record in training if isinstance(record, Change)]
    before = sum(change.step < step for change in changes)
    complaints: list[str] = []
    for path in reversed(list_checkpoints(folder.checkpoint_folder)):
        at, made, _ = parse_name(path)
        if at > step or made > before:
            continue
        try:
            info, tensors = load_checkpoint(path)
            if not _leads_to(changes, info):
                raise RunFolderError(f"the checkpoint {path} cannot be used: the log does not lead to it")
            config = info.to_config()
        except (RunFolderError, ConfigError) as error:
            complaints.append(str(error))
            continue
        engine = Engine(_on(config, device))
        try:
            engine.load_state_dict({name: torch.from_numpy(array.copy()) for name, array in tensors.items()})
        except ConfigError as error:
            complaints.append(f"the checkpoint {path} cannot be used: {error}")
            continue
        return Nearest(Walk(engine, changes, info.changes), tuple(complaints))
    return Nearest(Walk.start(_on(folder.config(), device), changes), tuple(complaints))


def _leads_to(changes: Sequence[Change], info: CheckpointInfo) -> bool:
    """Whether a run's changes were made around a checkpoint as its metadata say."""
    behind, ahead = changes[: info.changes], changes[info.changes :]
    in_order = all(change.step <= info.step for change in behind) and all(change.step >= info.step for change in ahead)
    return len(behind) == info.changes and in_order


def _on(config: Config, device: str | None) -> Config:
    return config if device is None else replace(config, device=device)
