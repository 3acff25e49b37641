"""start: how soon the real program in a pseudo-terminal is there, and its first step, beside what they import."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from grokterm.bench.followed import Follower
from grokterm.bench.row import Bench, Goal, Row
from grokterm.pseudo_terminal import PseudoTerminal
from grokterm.runs.folder import RunFolder
from grokterm.runs.process import stop_trainer

COMPILED: Final = {"PYTHONDONTWRITEBYTECODE": ""}
"""Environment in which modules are compiled once, as where a package is installed, and not at every start."""
PANES: Final = b"Accuracy"
"""The title of a pane: it stands on the first screen with panes in it."""
SLOWER_PAINT: Final = 1.6
SLOWER_STEP: Final = 1.3


class Start(NamedTuple):
    """Seconds of one start, and of what it is compared with."""

    paint: float
    """From the command to the first screen with panes in it."""
    step: float
    """From the command to the first step in the log."""
    textual: float
    """Of a process that imports textual.app and ends."""
    torch: float
    """Of one that imports torch."""
    starts: int
    """How many of them these are medians of."""


def paint_rows(bench: Bench) -> Iterator[Row]:
    """From the command to the first screen with panes in it, beside the import of Textual."""
    taken = _taken(bench)
    goal = Goal(f"≤ {SLOWER_PAINT:g}×", most=SLOWER_PAINT)
    what = "from the command to the first screen with panes in it; python -c 'import textual.app'"
    ratio = taken.paint / taken.textual
    yield Row("start/paint", what, "s", taken.paint, taken.textual, ratio, goal, repetitions=taken.starts)


def step_rows(bench: Bench) -> Iterator[Row]:
    """From the command to the first step in the log, beside the import of torch and the first paint."""
    taken = _taken(bench)
    goal = Goal(f"≤ {SLOWER_STEP:g}×", most=SLOWER_STEP)
    what = "from the command to the first step in the log; python -c 'import torch' and the first paint"
    least = taken.torch + taken.paint
    yield Row("start/step", what, "s", taken.step, least, taken.step / least, goal, repetitions=taken.starts)


def _taken(bench: Bench) -> Start:
    """The medians of starts, each between the imports; the first of each, which compiles modules, does not count."""
    found: Start = bench.once("start", lambda: _measured(bench))
    return found


def _measured(bench: Bench) -> Start:
    _once(bench)
    taken = [_once(bench) for _ in bench.repeat("start")]
    paint, step, textual, torch = (statistics.median(seconds) for seconds in zip(*taken, strict=True))
    return Start(paint, step, textual, torch, len(taken))


def _once(bench: Bench) -> tuple[float, float, float, float]:
    textual = _importing("textual.app")
    with tempfile.TemporaryDirectory() as home:
        paint, step = _starting(bench, home)
    return paint, step, textual, _importing("torch")


def _importing(module: str) -> float:
    """Seconds that a process takes to import a module."""
    start = time.perf_counter()
    subprocess.run([sys.executable, "-P", "-c", f"import {module}"], env={**os.environ, **COMPILED}, check=True)
    return time.perf_counter() - start


def _starting(bench: Bench, home: str) -> tuple[float, float]:
    """Seconds from the command to its first paint and to its first step."""
    with PseudoTerminal(["--device", bench.device, "--log-every", "1"], {"GROKTERM_HOME": home, **COMPILED}) as viewer:
        paint = viewer.read_until(lambda: PANES in viewer.beginning)
        viewer.read_until(lambda: any(Path(home).glob("*/log.jsonl")))
        folder = RunFolder(next(Path(home).glob("*/log.jsonl")).parent)
        follower = Follower(folder)
        step = viewer.read_until(lambda: follower.read() is not None and follower.step > 0)
    stop_trainer(folder)
    return paint, step


ROWS: Final[dict[str, Callable[[Bench], Iterator[Row]]]] = {"start/paint": paint_rows, "start/step": step_rows}
