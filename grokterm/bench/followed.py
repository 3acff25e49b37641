"""A run that trains in a process of its own, as a benchmark follows it."""

from __future__ import annotations

from collections.abc import Callable

from grokterm.runs.folder import RunFolder
from grokterm.runs.log import LogReader
from grokterm.wire.records import Change, Record, Scalars


class Follower:
    """The log of a run, read as it grows."""

    def __init__(self, folder: RunFolder) -> None:
        self._reader = LogReader(folder.log_path)
        self.step = -1
        self.seconds = 0.0
        """Of training, at that step."""
        self.changes = 0

    def read(self) -> list[Record]:
        """The records that came since the last time."""
        records = self._reader.read()
        for record in records:
            if isinstance(record, Scalars):
                self.step, self.seconds = record.step, record.seconds
        self.changes += sum(isinstance(r, Change) for r in records)
        return records

    def rate(self, wait: Callable[[float], object], seconds: float) -> float:
        """Steps a second, by the times of the records, while `wait` waits; longer, up to ten times, for a record."""
        self.read()
        step, trained = self.step, self.seconds
        for _ in range(10):
            wait(seconds)
            self.read()
            if self.seconds > trained:
                return (self.step - step) / (self.seconds - trained)
        raise TimeoutError(f"no record in {10 * seconds:g} s")
