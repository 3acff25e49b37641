"""When checkpoints are written, and what goes into them."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from typing import Final

from grokterm.errors import RunFolderError
from grokterm.lab.engine import Engine
from grokterm.runs.checkpoints import REGULAR, CheckpointInfo, checkpoint_path, config_hash, remove, save_checkpoint
from grokterm.runs.folder import RunFolder
from grokterm.runs.retention import FOLDER_LIMIT, checkpoint_budget, thin
from grokterm.trainer.run_log import RunLog

REGULAR_SECONDS: Final = 5.0
"""Seconds from one checkpoint to the next while training goes on."""
SHARE: Final = 0.02
"""Share of the time that regular checkpoints may take; they come less often where one is slow."""
CHANGE: Final = "change"
"""Reason of a checkpoint behind a change."""


class CheckpointWriter:
    """Writes the checkpoints of one run and thins out the old ones."""

    def __init__(self, folder: RunFolder, limit: int = FOLDER_LIMIT, last: CheckpointInfo | None = None) -> None:
        """Keeps the folder of a run under `limit` bytes; `last` is a checkpoint there that stands for its state."""
        self.trouble = ""
        """Why the last checkpoint could not be written; else empty."""
        self.removed: list[str] = []
        """Names of checkpoints at events or changes that were removed to stay under the limit, until that is logged."""
        self._folder = folder
        self._limit = limit
        self._last = last
        self._next = time.monotonic() + REGULAR_SECONDS

    def save(self, engine: Engine, run_log: RunLog, seconds: float, reason: str, same_model: bool = False) -> bool:
        """A checkpoint of the present state unless there is one that stays; whether it is on the disk.

        It takes the place of a regular one of this state and, with `same_model`, of one at the last change here.
        """
        info, last = _info(engine, run_log, seconds, reason), self._last
        there = last is not None and (last.step, last.changes) == (info.step, info.changes)
        if last and there and (last.reason != REGULAR or reason == REGULAR):
            return True
        started = time.monotonic()
        try:
            if not checkpoint_path(self._folder.checkpoint_folder, info).exists():
                # A checkpoint must never be ahead of the log that leads to it.
                if not run_log.flush(sync=True):
                    return False
                tensors = {name: tensor.numpy() for name, tensor in engine.state_dict().items()}
                save_checkpoint(self._folder.checkpoint_folder, info, tensors)
                if last and (there or (same_model and last.step == info.step and last.reason in (REGULAR, CHANGE))):
                    remove(checkpoint_path(self._folder.checkpoint_folder, last))
                self._thin()
        except (RunFolderError, OSError) as error:
            self.trouble = str(error)
            return False
        self.trouble, self._last = "", info
        took = time.monotonic() - started
        self._next = started + took + max(REGULAR_SECONDS, took / SHARE)
        return True

    def save_regularly(self, engine: Engine, run_log: RunLog, seconds: float) -> None:
        """A checkpoint if the last one is old enough."""
        if time.monotonic() >= self._next:
            self.save(engine, run_log, seconds, REGULAR)
            self._next = max(self._next, time.monotonic() + REGULAR_SECONDS)

    def remaining(self, engine: Engine, run_log: RunLog) -> float:
        """Seconds until a regular checkpoint is due; infinite where the present state has one."""
        last = self._last
        if last and (last.step, last.changes) == (engine.step, run_log.changes):
            return math.inf
        return max(0.0, self._next - time.monotonic())

    def _thin(self) -> None:
        with suppress(OSError):
            removed = thin(self._folder.checkpoint_folder, checkpoint_budget(self._folder.path, self._limit))
            self.removed += [path.name for path in removed if not path.stem.endswith(REGULAR)]


def _info(engine: Engine, run_log: RunLog, seconds: float, reason: str) -> CheckpointInfo:
    config = engine.config.as_dict()
    return CheckpointInfo(
        step=engine.step,
        changes=run_log.changes,
        records=run_log.position,
        seconds=seconds,
        reason=reason,
        phase=run_log.trackers.phases.phase,
        config=config,
        config_hash=config_hash(config),
    )
