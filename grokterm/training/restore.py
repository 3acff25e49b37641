"""Going on from checkpoints: the newest one that can be used, and a walk that begins there."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path

import torch

from grokterm.config import Config
from grokterm.errors import ConfigError, RunFolderError
from grokterm.lab.engine import Engine
from grokterm.runs.checkpoints import OPENED, CheckpointInfo, list_checkpoints, load_checkpoint, parse_name
from grokterm.runs.folder import RunFolder
from grokterm.runs.log_index import LogIndex
from grokterm.runs.opened import check_trained_here
from grokterm.training.changes import State
from grokterm.training.walk import Walk
from grokterm.wire.records import Rewind

Restored = tuple[tuple[Engine, CheckpointInfo] | None, dict[Path, str]]


def restore(
    folder: RunFolder, log: LogIndex, step: int | None = None, device: str | None = None, made: int | None = None
) -> Restored:
    """An engine at the newest usable checkpoint, and why newer ones cannot be used.

    With `step`, only checkpoints before the changes that were made there, or before all but `made` changes of the run,
    are looked at.
    `device` takes the place of the run's own; where it is not there, no checkpoint can be used.
    """
    unusable: dict[Path, str] = {}
    for path in reversed(list_checkpoints(folder.checkpoint_folder)):
        if step is not None and not _is_before(path, step, log.changes_before(step) if made is None else made):
            continue
        try:
            info, tensors = load_checkpoint(path)
            if not log.leads_to(info):
                raise RunFolderError(f"the checkpoint {path} cannot be used: the log does not lead to it")
            engine = Engine(_on(info.to_config(), device))
            state = {name: torch.from_numpy(array.copy()) for name, array in tensors.items()}
            if info.reason == OPENED:
                state = engine.state_dict() | state
            engine.load_state_dict(state)
        except RunFolderError as error:
            unusable[path] = str(error)
        except ConfigError as error:
            unusable[path] = f"the checkpoint {path} cannot be used: {error}"
        else:
            return (engine, info), unusable
    return None, unusable


def walk_from_checkpoint(
    folder: RunFolder, log: LogIndex, step: int, device: str | None = None, made: int | None = None
) -> tuple[Walk, tuple[str, ...]]:
    """A walk from the newest usable checkpoint before the changes at `step`, or from step 0; nothing is written.

    With `made`, so many changes of the run may be before it.

    Also says which newer checkpoints cannot be used. `device` takes the place of the run's own. Raises RunFolderError,
    and ConfigError for a device that is not there.
    """
    found, unusable = restore(folder, log, step, device, made)
    if found is None:
        check_trained_here(folder, f"those of step {step:,} are not there")
        walk = Walk(Engine(_on(folder.config(), device)), log.changes)
    elif found[1].reason == OPENED and found[1].step != step:
        raise RunFolderError(f"{folder.id} holds weights that were opened, and those of step {step:,} are not there")
    else:
        before = partial(state_at, folder, log, device=device)
        walk = Walk(found[0], log.changes, found[1].changes, before)
    return walk, tuple(unusable.values())


def state_at(folder: RunFolder, log: LogIndex, place: Rewind, device: str | None = None) -> State:
    """The state of a place of the run, from the checkpoint that was written there or by repeating the way to it.

    Raises RunFolderError, and ConfigError for a device that is not there.
    """
    walk, _ = walk_from_checkpoint(folder, log, place.step, device, place.changes)
    walk.advance_to(place.step, place.changes)
    if (walk.step, walk.changes_made) != (place.step, place.changes):
        raise RunFolderError(f"the run never was at step {place.step:,} with {place.changes} changes made")
    return walk.engine.state_dict()


def _is_before(path: Path, step: int, made: int) -> bool:
    """Whether a checkpoint's name says that `step`, and all but `made` changes, came later."""
    at, changes, _ = parse_name(path)
    return at <= step and changes <= made


def _on(config: Config, device: str | None) -> Config:
    return config if device is None else replace(config, device=device)
