"""A sweep of very many runs whose outcomes are made up: how much memory its coordinator and its readers take.

`python -m tests.sweeper.many FOLDER RUNS` prints it as JSON.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any


def measured(home: Path, runs: int) -> dict[str, Any]:
    """What a process of its own measures."""
    command = [sys.executable, "-m", "tests.sweeper.many", str(home), str(runs)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=Path(__file__).parents[2], check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def main(home: Path, runs: int) -> None:
    """Coordinates the sweep, reads it, and prints what that took."""
    import numpy as np
    import psutil

    from grokterm.sweeper.coordinator import Coordinator
    from grokterm.sweeper.workers import ExecutorWorkers
    from grokterm.sweeps.axes import read_axes
    from grokterm.sweeps.batch import Batch, BatchResult, Outcome, Training
    from grokterm.sweeps.cells import CellsReader
    from grokterm.sweeps.curves import COLUMNS, POINTS
    from grokterm.sweeps.folder import create_sweep
    from grokterm.sweeps.plan import Plan
    from grokterm.sweeps.table import SweepTable

    class MadeUp(Executor):
        def submit(self, function: Callable[..., Any], /, *given: Any, **more: Any) -> Future[Any]:
            batch: Batch = given[0]
            curve = np.random.default_rng(batch.runs[0][0]).random((len(COLUMNS), POINTS)).astype(np.float32)
            outcomes = tuple(
                Outcome(
                    run=run,
                    state="finished",
                    step=4000,
                    training=Training(0.1, "cpu", "float32", "kernels on 1 thread"),
                    time=time.time(),
                    curve=curve,
                    grokked_step_99=3000,
                    digest="0" * 64,
                )
                for run, _ in batch.runs
            )
            future: Future[Any] = Future()
            future.set_result(BatchResult(outcomes, 0.01 * len(outcomes)))
            return future

    process = psutil.Process()
    plan = Plan({"p": 7, "width": 16}, read_axes([f"wd=0.1:1:{runs // 100}"]), 100)
    folder = create_sweep(plan, home)
    before = process.memory_info().rss
    Coordinator(folder, plan, ExecutorWorkers(MadeUp(), 2), lambda: False, lambda: None).run()
    coordinated = process.memory_info().rss
    began = time.monotonic()
    table = SweepTable(folder.plan())
    table.add(CellsReader(folder.cells_path).read())
    found = {
        "runs": len(table),
        "grown": coordinated - before,
        "read": process.memory_info().rss - coordinated,
        "seconds_to_read": time.monotonic() - began,
        "rss": process.memory_info().rss,
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
