"""A run that trains in a process of its own, as a benchmark follows and ends it."""

from __future__ import annotations

import time
from collections.abc import Callable

import psutil

from grokterm.runs.folder import RunFolder
from grokterm.runs.log import LogReader
from grokterm.runs.process import trainer_of
from grokterm.wire.records import Change, Record, Scalars


class Follower:
    """The log of a run, read as it grows."""

    def __init__(self, folder: RunFolder) -> None:
        self._reader = LogReader(folder.log_path)
        self.step = -1
        self.changes = 0

    def read(self) -> list[Record]:
        """The records that came since the last time."""
        try:
            records = self._reader.read()
        except FileNotFoundError:  # not begun yet
            return []
        self.step = max([self.step, *(r.step for r in records if isinstance(r, Scalars))])
        self.changes += sum(isinstance(r, Change) for r in records)
        return records

    def rate(self, wait: Callable[[float], object], seconds: float) -> float:
        """Steps a second while `wait` waits."""
        self.read()
        before, start = self.step, time.perf_counter()
        wait(seconds)
        self.read()
        return (self.step - before) / (time.perf_counter() - start)


def stop(folder: RunFolder) -> None:
    """End the trainer of a run and wait until it is gone."""
    trainer = trainer_of(folder)
    if trainer is None:
        return
    try:
        process = psutil.Process(trainer.pid)
        process.terminate()
        process.wait(15)
    except psutil.NoSuchProcess:
        pass
