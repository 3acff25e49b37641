"""Sweeps of tiny models, and coordinators that train them in this process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from grokterm.config import Value
from grokterm.kernels.build import build_or_explain
from grokterm.sweeper.coordinator import Coordinator
from grokterm.sweeper.workers import ExecutorWorkers
from grokterm.sweeps.axes import read_axes
from grokterm.sweeps.cells import CellsReader
from grokterm.sweeps.folder import SweepFolder, create_sweep
from grokterm.sweeps.plan import Plan
from grokterm.wire.swept import SweptRun

TINY: dict[str, Value] = {
    "p": 7,
    "width": 32,
    "d_model": 8,
    "device": "cpu",
    "precision": "float32",
    "max_steps": 40,
    "measure_every": 20,
}


def sweep(home: Path, *over: str, seeds: int = 1, where: str = "", **given: Value) -> SweepFolder:
    """A sweep folder of runs that take a few milliseconds each."""
    home.mkdir(mode=0o700, exist_ok=True)
    return create_sweep(Plan(TINY | given, read_axes(over), seeds, where), home)


def never() -> bool:
    """The answer of somebody who does not stop."""
    return False


def coordinator(
    folder: SweepFolder, executor: Executor | None = None, count: int = 1, stop: Callable[[], bool] = never
) -> Coordinator:
    """A coordinator that trains on a thread of this process, or on another executor."""
    workers = ExecutorWorkers(executor or ThreadPoolExecutor(1), count)
    return Coordinator(folder, folder.plan(), workers, stop, lambda: None)


def records(folder: SweepFolder) -> list[SweptRun]:
    """The records of a sweep."""
    return CellsReader(folder.cells_path).read()


def came_out(runs: Sequence[SweptRun]) -> dict[int, dict[str, Any]]:
    """What came out of each run, without where, when and beside which others it was trained.

    By kernels, which take widths that are multiples of 32, it is that to the last bit; without them runs that train
    together differ by rounding.
    """
    passing = {"time", "seconds", "curve", "device", "strategy"}
    if build_or_explain()[0] is None:
        passing |= {"digest", "train_loss", "test_loss", "sum_squared_weights", "embedding_gini"}
    return {
        run.run: {name: getattr(run, name) for name in run.__struct_fields__ if name not in passing} for run in runs
    }


class Scripted(Executor):
    """An executor that does what a script says to each batch, in order, and trains the others."""

    def __init__(self, *script: BaseException) -> None:
        self.script = list(script)
        self.batches: list[list[int]] = []

    def submit(self, function: Callable[..., Any], /, *given: Any, **more: Any) -> Future[Any]:
        """Trains at once, or fails as the script says."""
        future: Future[Any] = Future()
        self.batches.append([run for run, _ in given[0].runs])
        if self.script:
            future.set_exception(self.script.pop(0))
        else:
            future.set_result(function(*given, **more))
        return future
