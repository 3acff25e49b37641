"""Workers of a Dask cluster: an existing scheduler, or processes of this machine; needs the extra grokterm[dask]."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import CancelledError
from contextlib import contextmanager
from importlib import import_module
from typing import Any, Final

from grokterm.errors import ConfigError, first_line
from grokterm.sweeper.work import WorkerError, train_batch
from grokterm.sweeper.workers import LOST, Result
from grokterm.sweeps.batch import Batch
from grokterm.sweeps.dask_address import check_dask

_CONNECT: Final = 30.0
"""Seconds that a scheduler may take to answer."""


class DaskWorkers:
    """All workers that a scheduler has at the moment, one batch each; a lost worker's batch is given to another."""

    def __init__(self, client: Any) -> None:
        """Of a distributed.Client."""
        self.lost: tuple[type[Exception], ...] = (
            *LOST,
            CancelledError,
            import_module("distributed.scheduler").KilledWorker,
        )
        self._client = client
        self._executor = client.get_executor(pure=False)

    @property
    def count(self) -> int:
        """One at least: a batch waits for the first worker. Raises WorkerError where the scheduler is gone."""
        try:
            return max(1, len(self._client.scheduler_info(n_workers=-1)["workers"]))
        except (KeyError, OSError):
            raise WorkerError("the Dask scheduler is gone: --resume goes on with the sweep on another") from None

    def submit(self, batch: Batch) -> Result:
        """See `Workers`."""
        future: Result = self._executor.submit(train_batch, batch)
        return future

    def end_soon(self) -> None:
        """They cannot be asked: batches that train come to their end."""

    def close(self, at_once: bool) -> None:
        """Leaves the workers to their scheduler, and takes back what they have not trained."""
        self._executor.shutdown(wait=not at_once)


@contextmanager
def dask_workers(address: str) -> Iterator[DaskWorkers]:
    """The workers behind tcp://HOST:PORT, or local:N; raises ConfigError in a sentence."""
    count = check_dask(address)
    distributed: Any = import_module("distributed")
    if count:
        local = {"threads_per_worker": 1, "processes": True, "dashboard_address": None, "host": "127.0.0.1"}
        with distributed.LocalCluster(n_workers=count, **local) as cluster, distributed.Client(cluster) as client:
            yield DaskWorkers(client)
        return
    try:
        client = distributed.Client(address, timeout=_CONNECT)
    except (OSError, ValueError) as error:
        raise ConfigError(f"the Dask scheduler {address} cannot be reached: {first_line(error)}") from None
    with client:
        yield DaskWorkers(client)
