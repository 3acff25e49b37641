"""When checkpoints are written, and what goes into them."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from typing import Final

from grokterm.errors import RunFolderError
from grokterm.lab.engine import Engine
from grokterm.runs.checkpoints import REGULAR, Mark, checkpoint_path, config_hash, remove, save
from grokterm.runs.folder import RunFolder
from grokterm.runs.thinning import FOLDER_LIMIT, room_for_checkpoints, thin
from grokterm.trainer.run_log import RunLog

REGULAR_SECONDS: Final = 5.0
"""Seconds from one checkpoint to the next while training goes on."""
SHARE: Final = 0.02
"""Share of the time that regular checkpoints may take; they come less often where one is slow."""
CHANGE: Final = "change"
"""Reason of a checkpoint behind a change."""


class CheckpointWriter:
    """Writes the checkpoints of one run and thins out the old ones."""

    def __init__(self, folder: RunFolder, limit: int = FOLDER_LIMIT) -> None:
        """Keeps the folder of a run under `limit` bytes."""
        self.trouble = ""
        """Why the last checkpoint could not be written; else empty."""
        self.removed: list[str] = []
        """Checkpoints at events or changes that were removed for room, by name, until somebody takes note."""
        self._folder = folder
        self._limit = limit
        self._last: Mark | None = None
        self._next = time.monotonic() + REGULAR_SECONDS

    def save(self, engine: Engine, run_log: RunLog, seconds: float, reason: str, same_model: bool = False) -> bool:
        """A checkpoint of the present state unless there is one that stays; whether it is on the disk.

        It takes the place of a regular one of this state and, with `same_model`, of one at the last change here.
        """
        mark, last = _mark(engine, run_log, seconds, reason), self._last
        there = last is not None and (last.step, last.changes) == (mark.step, mark.changes)
        if last and there and (last.reason != REGULAR or reason == REGULAR):
            return True
        started = time.monotonic()
        try:
            if not checkpoint_path(self._folder.checkpoint_folder, mark).exists():
                # A checkpoint must never be ahead of the log that tells how it came about.
                if not run_log.flush(sync=True):
                    return False
                tensors = {name: tensor.numpy() for name, tensor in engine.state_dict().items()}
                save(self._folder.checkpoint_folder, mark, tensors)
                if last and (there or (same_model and last.step == mark.step and last.reason in (REGULAR, CHANGE))):
                    remove(checkpoint_path(self._folder.checkpoint_folder, last))
                self._thin()
        except (RunFolderError, OSError) as error:
            self.trouble = str(error)
            return False
        self.trouble, self._last = "", mark
        took = time.monotonic() - started
        self._next = started + took + max(REGULAR_SECONDS, took / SHARE)
        return True

    def save_regularly(self, engine: Engine, run_log: RunLog, seconds: float) -> None:
        """A checkpoint if the last one is old enough."""
        if time.monotonic() >= self._next:
            self.save(engine, run_log, seconds, REGULAR)
            self._next = max(self._next, time.monotonic() + REGULAR_SECONDS)

    def wait(self, engine: Engine, run_log: RunLog) -> float:
        """Seconds until a regular checkpoint is due; infinite where the present state has one."""
        last = self._last
        if last and (last.step, last.changes) == (engine.step, run_log.changes):
            return math.inf
        return max(0.0, self._next - time.monotonic())

    def _thin(self) -> None:
        with suppress(OSError):
            removed = thin(self._folder.checkpoint_folder, room_for_checkpoints(self._folder.path, self._limit))
            self.removed += [path.name for path in removed if not path.stem.endswith(REGULAR)]


def _mark(engine: Engine, run_log: RunLog, seconds: float, reason: str) -> Mark:
    config = engine.config.as_dict()
    return Mark(
        step=engine.step,
        changes=run_log.changes,
        records=run_log.position,
        seconds=seconds,
        reason=reason,
        phase=run_log.trackers.phases.phase,
        config=config,
        config_hash=config_hash(config),
    )
