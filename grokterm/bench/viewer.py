"""viewer and start: the real program in a pseudo-terminal."""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import psutil

from grokterm.bench.pseudo_terminal import PseudoTerminal
from grokterm.bench.row import REPETITIONS, Bench, Goal, Row
from grokterm.config import Config
from grokterm.runs.folder import RunFolder, create_run
from grokterm.runs.log import LogReader
from grokterm.runs.process import start_trainer, trainer_of
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Change, Record, Scalars

SECONDS: Final = 2.0
QUICK_SECONDS: Final = 1.0
SETTLED: Final = 1.5
"""Seconds after its first paint until a viewer is taken to have caught up."""
PRESSES: Final = 20
FIRST_PAINT: Final = 2_000
"""Bytes after which a screen is there and not only a cleared one."""
ALL_THERE_IS: Final = 0.9
"""Share of the training rate that is to be left with a viewer attached."""


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


def viewer_rows(bench: Bench) -> Iterator[Row]:
    """What an attached viewer costs the training, and how soon a key acts."""
    seconds = QUICK_SECONDS if bench.quick else SECONDS
    with tempfile.TemporaryDirectory() as home:
        folder = create_run(bench.config(Config(pace="max")), ViewOptions(), Path(home))
        start_trainer(folder)
        try:
            yield from _with_viewers(bench, folder, Path(home), seconds)
        finally:
            _stop(folder)


def _with_viewers(bench: Bench, folder: RunFolder, home: Path, seconds: float) -> Iterator[Row]:
    follower = Follower(folder)
    attached: list[float] = []
    alone: list[float] = []
    sent: list[float] = []
    busy: list[float] = []
    delays: list[float] = []
    _wait_for_step(follower, 200)
    for repetition in range(REPETITIONS):
        bench.say(f"viewer: {repetition + 1} of {REPETITIONS}")
        alone.append(follower.rate(time.sleep, seconds))
        with PseudoTerminal(["attach", folder.id], {"GROKTERM_HOME": str(home)}) as viewer:
            viewer.read_past(FIRST_PAINT)
            viewer.read_for(SETTLED)
            bytes_before, cpu_before = viewer.received, viewer.cpu_seconds()
            attached.append(follower.rate(viewer.read_for, seconds))
            sent.append((viewer.received - bytes_before) / seconds)
            busy.append((viewer.cpu_seconds() - cpu_before) / seconds)
            if repetition == 0:
                delays = [_key_to_change(viewer, follower, "Ww"[i % 2]) for i in range(PRESSES)]
    rate, without = statistics.median(attached), statistics.median(alone)
    goal = Goal(f"≥ {ALL_THERE_IS:g}×", least=ALL_THERE_IS)
    what = "training with a viewer attached; without"
    more: dict[str, float | str] = {
        "terminal bytes a second": statistics.median(sent),
        "viewer CPU seconds a second": statistics.median(busy),
    }
    yield Row("viewer/rate", what, "steps/s", rate, without, rate / without, goal, more=more)
    delays.sort()
    late = {"95th percentile, ms": 1e3 * delays[int(0.95 * (len(delays) - 1))]}
    what = "from a key to the change in the log, median"
    yield Row("viewer/key", what, "ms", 1e3 * statistics.median(delays), more=late)


def start_rows(bench: Bench) -> Iterator[Row]:
    """From the command to the first paint, and to the first record after a step."""
    taken = []
    for repetition in range(REPETITIONS):
        bench.say(f"start: {repetition + 1} of {REPETITIONS}")
        with tempfile.TemporaryDirectory() as home:
            taken.append(_start(bench, home))
    paint, step = (statistics.median(seconds) for seconds in zip(*taken, strict=True))
    yield Row("start/paint", "from the command to the first paint", "s", paint)
    yield Row("start/step", "from the command to the first step in the log", "s", step)


def _start(bench: Bench, home: str) -> tuple[float, float]:
    """Seconds from the command to its first paint and to its first step."""
    with PseudoTerminal(["--device", bench.device, "--log-every", "1"], {"GROKTERM_HOME": home}) as viewer:
        paint = viewer.read_past(FIRST_PAINT)
        viewer.read_until(lambda: any(Path(home).glob("*/log.jsonl")))
        folder = RunFolder(next(Path(home).glob("*/log.jsonl")).parent)
        follower = Follower(folder)
        step = viewer.read_until(lambda: follower.read() is not None and follower.step > 0)
    _stop(folder)
    return paint, step


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


def _stop(folder: RunFolder) -> None:
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


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {"viewer": viewer_rows, "start": start_rows}
