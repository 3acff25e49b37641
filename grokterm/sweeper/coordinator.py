"""The coordinator of a sweep: hands batches to workers, writes down what comes back, and says how it stands."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, wait
from contextlib import suppress
from typing import Final, Literal

import numpy as np

from grokterm.errors import GroktermError, first_line
from grokterm.sweeper.ledger import Ledger
from grokterm.sweeper.rate import Rate
from grokterm.sweeper.work import WorkerError
from grokterm.sweeper.workers import Result, Workers
from grokterm.sweeps.batch import Batch, Outcome, Training
from grokterm.sweeps.cells import CellsReader, write_state
from grokterm.sweeps.curves import COLUMNS
from grokterm.sweeps.folder import SweepFolder
from grokterm.sweeps.plan import Plan, PlannedRun
from grokterm.wire.swept import SweepState

BATCH_SECONDS: Final = 4.0
"""That a batch should take: long beside handing it out, and short beside what is lost with a worker."""
LARGEST_BATCH: Final = 64
SHARED: Final = {"cpu": (8, 24.0), "cuda": (512, 600.0), "mps": (64, 120.0)}
"""Runs that train faster together than fewer do, by kind of device, and the seconds that they may take for it."""
LOSSES: Final = 3
"""Workers that may be lost with a run before it counts as failed."""
GRACE: Final = 3.0
"""Seconds that batches may go on after a sweep is asked to stop."""
_LOOK: Final = 0.25
"""Seconds from one look at workers and signals to the next."""
_STATE_EVERY: Final = 0.5


class Coordinator:
    """Trains what a sweep has still to train."""

    def __init__(
        self, folder: SweepFolder, plan: Plan, workers: Workers, stop: Callable[[], bool], check: Callable[[], None]
    ) -> None:
        """`stop` says whether to end; `check` raises where the folder is lost. Raises RunFolderError."""
        self.folder, self.plan, self.workers = folder, plan, workers
        self._stop, self._check = stop, check
        self._ledger = Ledger(folder, plan)
        self._pending = deque(run for run in plan.runs() if run.number not in self._ledger.ended)
        self._out: dict[Result, Batch] = {}
        self._losses: dict[int, int] = {}
        self._rate = Rate(lambda: workers.count)
        self._words = self._device = ""
        self._written = -math.inf

    def run(self) -> Literal["finished", "stopped"]:
        """Goes on until all runs have a record or it is asked to stop; raises GroktermError."""
        try:
            self._tell("running")
            while (self._pending or self._out or self._ledger.trouble) and not self._stop():
                self._hand_out()
                self._take_in(_LOOK)
                self._tell("running")
            if self._out:
                self._let_end()
            done = not self._pending and not self._out and not self._ledger.trouble
            self._tell("finished" if done else "stopped", now=True)
            self.workers.close(at_once=bool(self._out))
            return "finished" if done else "stopped"
        except BaseException:
            self.workers.close(at_once=True)
            raise
        finally:
            self._ledger.close()

    def _hand_out(self) -> None:
        """Gives every free worker a batch, while the disk takes what comes back."""
        while self._pending and len(self._out) < self.workers.count and not self._ledger.trouble:
            runs = self._next_runs()
            configs = tuple((run.number, self.plan.config(run)) for run in runs)
            batch = Batch(configs, seconds=2 * SHARED.get(self._device, SHARED["cpu"])[1])
            try:
                self._out[self.workers.submit(batch)] = batch
            except self.workers.lost as error:
                raise WorkerError(f"no worker takes another batch: {first_line(error)}") from None

    def _next_runs(self) -> list[PlannedRun]:
        """The runs of the next batch: as many as fill its time; one alone with which a worker was lost before."""
        first = self._pending.popleft()
        runs = [first]
        fair = math.ceil(len(self._pending) / (2 * self.workers.count))
        most = min(fair, self._most()) if not self._losses.get(first.number) else 1
        while self._pending and len(runs) < most and not self._losses.get(self._pending[0].number):
            runs.append(self._pending.popleft())
        return runs

    def _most(self) -> int:
        """Runs of a batch at most, by what the last ones took."""
        count, seconds = SHARED.get(self._device, SHARED["cpu"])
        shared = min(count, self._rate.runs_in(seconds))
        return max(shared, min(LARGEST_BATCH, self._rate.runs_in(BATCH_SECONDS)))

    def _take_in(self, seconds: float) -> None:
        """Waits for batches to end, and writes down what came."""
        if not self._out:
            time.sleep(seconds)
        ended = wait(self._out, seconds, return_when=FIRST_COMPLETED).done if self._out else set()
        outcomes: list[Outcome] = []
        for future in [future for future in self._out if future in ended]:  # as they were handed out
            batch = self._out.pop(future)
            try:
                result = future.result()
            except self.workers.lost as error:
                outcomes += self._lost(batch, error)
            except ModuleNotFoundError as error:
                raise WorkerError(f"a worker cannot train: {first_line(error)}: install grokterm there") from None
            except GroktermError:
                raise
            except Exception as error:
                outcomes += [_failed(run, f"{type(error).__name__}: {first_line(error)}") for run, _ in batch.runs]
            else:
                outcomes += result.outcomes
                came = {outcome.run for outcome in result.outcomes}
                self._pending.extendleft(self.plan.run(run) for run, _ in reversed(batch.runs) if run not in came)
                self._rate.add(len(result.outcomes), result.seconds)
                self._device = result.outcomes[-1].training.device.partition(":")[0]
        self._ledger.write(outcomes)
        self._check()

    def _lost(self, batch: Batch, error: BaseException) -> list[Outcome]:
        """Puts the runs of a batch whose worker is gone back in front; those that were lost too often have failed."""
        self._words = f"a worker was lost with {len(batch.runs):,} runs: {first_line(error)}"
        failed, again = [], []
        for number, _ in batch.runs:
            self._losses[number] = self._losses.get(number, 0) + 1
            if self._losses[number] >= LOSSES:
                failed.append(_failed(number, f"its worker was lost {LOSSES} times, as when memory runs out"))
            else:
                again.append(self.plan.run(number))
        self._pending.extendleft(reversed(again))
        return failed

    def _let_end(self) -> None:
        """Lets batches come back with what has ended, for a moment."""
        self.workers.end_soon()
        until = time.monotonic() + GRACE
        while self._out and time.monotonic() < until:
            self._take_in(_LOOK)

    def _tell(self, state: Literal["running", "finished", "stopped"], now: bool = False) -> None:
        """Writes state.json, now and then; a disk that is full is told of when there is room."""
        at = time.monotonic()
        if not now and at < self._written + _STATE_EVERY:
            return
        self._written = at
        ended = len(self._ledger.ended)
        left = self.plan.run_count - ended
        with suppress(OSError):
            write_state(
                self.folder,
                SweepState(
                    state=state,
                    running=() if now else tuple(number for batch in self._out.values() for number, _ in batch.runs),
                    workers=self.workers.count,
                    finished=ended,
                    failed=self._ledger.failed,
                    total=self.plan.run_count,
                    runs_per_hour=self._rate.runs_per_hour,
                    seconds_left=self._rate.seconds_for(left) if state == "running" else None,
                    words=self._ledger.trouble or self._words,
                    time=time.time(),
                ),
            )


def tell_failure(folder: SweepFolder, plan: Plan, words: str) -> None:
    """Says in state.json why a sweep failed, where that can be written."""
    known = CellsReader(folder.cells_path).read()
    failed = sum(run.state == "failed" for run in known)
    state = SweepState(
        state="failed", finished=len(known), failed=failed, total=plan.run_count, words=words, time=time.time()
    )
    with suppress(OSError):
        write_state(folder, state)


def _failed(run: int, why: str) -> Outcome:
    """The outcome of a run of which nothing is known but why."""
    nothing = np.zeros((len(COLUMNS), 0), dtype=np.float32)
    return Outcome(run=run, state="failed", reason=why, step=0, training=Training(0.0), time=time.time(), curve=nothing)
