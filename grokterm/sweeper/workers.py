"""Who trains batches: processes of this machine, or whatever stands behind an executor."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Sequence
from concurrent.futures import BrokenExecutor, Executor, Future, ProcessPoolExecutor
from typing import Final, Protocol

from grokterm.errors import ConfigError
from grokterm.sweeper.work import begin, train_batch
from grokterm.sweeps.batch import Batch, BatchResult

LOST: Final[tuple[type[Exception], ...]] = (BrokenExecutor, ConnectionError, EOFError)
"""What a future of any executor raises whose worker is gone."""

MOST: Final = 1024
"""Workers of one machine at most."""
Result = Future[BatchResult]
_RESTART: Final = 5.0
"""Seconds within which a worker is to have begun in place of one that is gone."""
_LOOK: Final = 0.02
"""Seconds from one try to the next."""


class Workers(Protocol):
    """Who trains batches."""

    lost: tuple[type[Exception], ...]
    """What their futures raise where a worker is gone."""

    @property
    def count(self) -> int:
        """How many batches train at once."""

    def submit(self, batch: Batch) -> Result:
        """Hands a batch out, to be called while fewer than `count` are out."""

    def end_soon(self) -> None:
        """Asks those that train to come back with what has ended, where they can be asked."""

    def close(self, at_once: bool) -> None:
        """Ends them: those that train are waited for, or not where `at_once` says so."""


class LocalWorkers:
    """Processes of this machine, each of its own pool, so that one that is killed takes its own batch with it alone."""

    lost = LOST

    def __init__(self, count: int, gpus: Sequence[str] = (), forks: bool = False) -> None:
        """So many processes, which share the GPUs in turn where there are any; each sees its own alone.

        They are forks of one process that loads torch, for all of them and once, where `forks` says so and the system
        is Linux: it is the same one, with what it loads, for all that this process forks so.
        """
        self.count = checked(count)
        self._way = "forkserver" if forks and sys.platform == "linux" else "spawn"
        self._gpus = [gpus[slot % len(gpus)] if gpus else None for slot in range(count)]
        self._pools: list[ProcessPoolExecutor | None] = [None] * count
        self._out: list[Result | None] = [None] * count

    def submit(self, batch: Batch) -> Result:
        """See `Workers`."""
        slot = next(i for i, future in enumerate(self._out) if future is None or future.done())
        given_up, pool = time.monotonic() + _RESTART, self._pools[slot] or self._new_pool(slot)
        while True:
            try:
                future = pool.submit(train_batch, batch)
                break
            except (BrokenExecutor, OSError, EOFError):
                # The worker is gone, or the process that it is to be a fork of, which is not seen gone at once.
                if time.monotonic() > given_up:
                    raise
                pool.shutdown(wait=False)
                time.sleep(_LOOK)
                pool = self._new_pool(slot)
        self._pools[slot], self._out[slot] = pool, future
        return future

    def end_soon(self) -> None:
        """See `Workers`."""
        for process in multiprocessing.active_children():
            process.terminate()

    def close(self, at_once: bool) -> None:
        """See `Workers`."""
        if at_once:
            for process in multiprocessing.active_children():
                process.kill()
        for pool in self._pools:
            if pool is not None:
                pool.shutdown(wait=not at_once, cancel_futures=True)

    def _new_pool(self, slot: int) -> ProcessPoolExecutor:
        # A fork of this process would copy locks that other threads hold.
        context = multiprocessing.get_context(self._way)
        if self._way == "forkserver":
            context.set_forkserver_preload(["grokterm.sweeper.loaded"])
        return ProcessPoolExecutor(1, mp_context=context, initializer=begin, initargs=(self._gpus[slot],))


class ExecutorWorkers:
    """Whatever stands behind an executor of Python's concurrent.futures: threads, a pool, a cluster."""

    lost = LOST

    def __init__(self, executor: Executor, count: int) -> None:
        """Of an executor that trains `count` batches at once; it stays its owner's to shut down."""
        self._executor, self.count = executor, checked(count)

    def submit(self, batch: Batch) -> Result:
        """See `Workers`."""
        return self._executor.submit(train_batch, batch)

    def end_soon(self) -> None:
        """They cannot be asked: batches that train come to their end."""

    def close(self, at_once: bool) -> None:
        """Leaves the executor to its owner."""


def checked(count: int) -> int:
    """A number of workers; raises ConfigError for none."""
    if type(count) is not int or not 1 <= count <= MOST:
        raise ConfigError(f"workers must be a whole number from 1 to {MOST:,}, not {count!s:.40}")
    return count
