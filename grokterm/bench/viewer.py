"""viewer: what the real program in a pseudo-terminal costs the training, and how soon it acts."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from grokterm.bench.followed import Follower
from grokterm.bench.row import Bench, Goal, Row
from grokterm.config import Config
from grokterm.pseudo_terminal import PseudoTerminal
from grokterm.runs.folder import RunFolder, create_run
from grokterm.runs.process import start_trainer, stop_trainer
from grokterm.view_options import ViewOptions

SECONDS: Final = 2.0
QUICK_SECONDS: Final = 1.0
SETTLE_SECONDS: Final = 1.5
"""Seconds after its first paint until a viewer is taken to have caught up."""
PRESSES: Final = 7
"""Keys pressed in each repetition."""
WARM_UP_STEPS: Final = 50
"""Steps after which a trainer is taken to have warmed up."""
FIRST_PAINT: Final = 2_000
"""Bytes after which a screen is there and not only a cleared one."""
LEAST_SHARE: Final = 0.9
"""Share of the training rate that is to be left with a viewer attached."""


def viewer_rows(bench: Bench) -> Iterator[Row]:
    """What an attached viewer costs the training, and how soon a key acts."""
    seconds = QUICK_SECONDS if bench.quick else SECONDS
    with tempfile.TemporaryDirectory() as home:
        folder = create_run(bench.config(Config(arch="one-hot", pace="max")), ViewOptions(), Path(home))
        start_trainer(folder)
        try:
            yield from _with_viewers(bench, folder, Path(home), seconds)
        finally:
            stop_trainer(folder)


def _with_viewers(bench: Bench, folder: RunFolder, home: Path, seconds: float) -> Iterator[Row]:
    follower = Follower(folder)
    attached: list[float] = []
    alone: list[float] = []
    sent: list[float] = []
    busy: list[float] = []
    delays: list[float] = []
    _wait_for_step(follower, WARM_UP_STEPS)
    for _ in bench.repeat("viewer"):
        alone.append(follower.rate(time.sleep, seconds))
        with PseudoTerminal(["attach", folder.id], {"GROKTERM_HOME": str(home)}) as viewer:
            viewer.read_past(FIRST_PAINT)
            viewer.read_for(SETTLE_SECONDS)
            bytes_before, cpu_before = viewer.received, viewer.cpu_seconds()
            attached.append(follower.rate(viewer.read_for, seconds))
            sent.append((viewer.received - bytes_before) / seconds)
            busy.append((viewer.cpu_seconds() - cpu_before) / seconds)
            for _ in range(PRESSES):
                delays.append(_key_to_change(viewer, follower, "Ww"[len(delays) % 2]))
    rate, without = statistics.median(attached), statistics.median(alone)
    goal = Goal(f"≥ {LEAST_SHARE:g}×", least=LEAST_SHARE)
    what = "training with a viewer attached; without"
    more: dict[str, float | str] = {
        "terminal bytes a second": statistics.median(sent),
        "viewer CPU seconds a second": statistics.median(busy),
    }
    count = len(attached)
    yield Row("viewer/rate", what, "steps/s", rate, without, rate / without, goal, repetitions=count, more=more)
    delays.sort()
    late = {"95th percentile, ms": 1e3 * delays[int(0.95 * (len(delays) - 1))]}
    what = "from a key to the change in the log, median"
    yield Row("viewer/key", what, "ms", 1e3 * statistics.median(delays), repetitions=len(delays), more=late)


def _key_to_change(viewer: PseudoTerminal, follower: Follower, key: str) -> float:
    """Seconds from a key press to the record of its change."""
    before = follower.changes
    start = time.perf_counter()
    viewer.press(key)
    viewer.read_until(lambda: follower.read() is not None and follower.changes > before, 10)
    taken = time.perf_counter() - start
    viewer.read_for(0.1)
    return taken


def _wait_for_step(follower: Follower, step: int, seconds: float = 60) -> None:
    end = time.perf_counter() + seconds
    while follower.step < step:
        if time.perf_counter() > end:
            raise TimeoutError(f"no step {step} in {seconds:g} s")
        time.sleep(0.02)
        follower.read()


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {"viewer": viewer_rows}
