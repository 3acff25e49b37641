"""How many runs an hour a sweep trains, measured over its last batches."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import Final

_BATCHES: Final = 50
"""Batches over which the rate is taken."""


class Rate:
    """Counts runs of batches that have ended; estimates what follows from the last ones."""

    def __init__(self, workers: Callable[[], int]) -> None:
        self._workers = workers
        self._batches: deque[tuple[float, int, float]] = deque(maxlen=_BATCHES)

    def add(self, runs: int, seconds: float) -> None:
        """A batch of so many runs that took a worker so long."""
        self._batches.append((time.monotonic(), runs, seconds))

    @property
    def seconds_a_run(self) -> float | None:
        """That a worker takes for a run; None before the first batch has ended."""
        runs = sum(runs for _, runs, _ in self._batches)
        return sum(seconds for _, _, seconds in self._batches) / runs if runs else None

    @property
    def runs_per_hour(self) -> float | None:
        """Of all workers together; None before the first batch has ended."""
        each = self.seconds_a_run
        return 3600 * self._workers() / each if each else None

    def runs_in(self, seconds: float) -> int:
        """Runs that a worker trains in so long: one, before anything is known."""
        each = self.seconds_a_run
        return max(1, int(seconds / each)) if each else 1

    def seconds_for(self, runs: int) -> float | None:
        """How long so many runs will take, an estimate; None before the first batch has ended."""
        each = self.seconds_a_run
        return runs * each / self._workers() if each is not None else None
