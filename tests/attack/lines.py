"""Slow and stalled lines: whichever way the viewer is left, the terminal is given back, and that is the last it hears.

`python -m tests.attack.lines --exits 20` leaves so many times in every way on every line and prints a table.
"""

from __future__ import annotations

import argparse
import os
import random as randoms
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from grokterm.runs.folder import RunFolder, create_run
from grokterm.runs.process import trainer_alive
from grokterm.view_options import ViewOptions
from tests.nursery import Nursery
from tests.patience import PATIENCE
from tests.terminal.leaving import WAYS, fill, leave
from tests.terminal.terminal import Terminal
from tests.tui.watching import TINY, end_trainers

LINES: Final = {"1 KB/s": 1_000.0, "5 KB/s": 5_000.0, "20 KB/s": 20_000.0, "stalled": 0.0, "resumed": 5_000.0}
"""Bytes a second; a stalled line is read again after the viewer's end, a resumed one while it is being left."""
_FAST: Final = TINY.changed({"pace": "max"})
_ENVIRONMENT: Final = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"}
_STALLS: Final = 1.0
"""Seconds that a line stalls at most before it is resumed."""


def attack(random: randoms.Random, deadline: float) -> Iterator[str]:
    """Leaves viewers until `deadline` of the monotonic clock, in any way on any line; yields what was not restored."""
    with Viewers(random) as viewers:
        while time.monotonic() < deadline:
            way, line = random.choice(list(WAYS)), random.choice(list(LINES))
            fault = viewers.fault(way, line)
            yield f"{way} at {line}: {fault}" if fault else ""


class Viewers:
    """Viewers on two runs, of which one trains as fast as it can, and on another run for each that ends its trainer."""

    def __init__(self, random: randoms.Random) -> None:
        self._random = random

    def __enter__(self) -> Viewers:
        self._folder = tempfile.TemporaryDirectory(prefix="grokterm-attack-")
        self._home = Path(self._folder.name)
        self._nursery = Nursery()
        self._nursery.__enter__()
        self._trained = self._training()
        self._beside = create_run(TINY, ViewOptions(), self._home)
        return self

    def __exit__(self, *_: object) -> None:
        end_trainers(self._home)
        self._nursery.__exit__(None, None, None)
        self._folder.cleanup()

    def fault(self, way: str, line: str) -> str:
        """What was wrong after a viewer was left in a way on a line; nothing where all was right."""
        run = self._training() if way == "q" else self._trained
        names = (run.id, self._beside.id) if way == "ctrl+c" else (run.id,)
        with self._viewer(*names) as terminal:
            try:
                terminal.shows("Accuracy", "T theme" if way == "ctrl+c" else "● training")
                fill(terminal)
                status = self._leave(terminal, way, line)
            except AssertionError as error:
                return str(error)
            faults = [f"{found} left on" for found in terminal.left_on]
            if not terminal.restored:
                faults.append("the keyboard is not the shell's")
            if "grokterm attach" not in terminal.text.replace("\n", ""):
                faults.append("nothing is said of how to come back")
            if status != WAYS[way]:
                faults.append(f"status {status} instead of {WAYS[way]}")
            if way != "q" and not trainer_alive(run):
                faults.append("the trainer is gone")
            return ", ".join(faults)

    def _leave(self, terminal: Terminal, way: str, line: str) -> int:
        if line == "resumed":
            terminal.resumes_at = time.monotonic() + self._random.uniform(0, _STALLS)
        elif line != "stalled":
            terminal.stalled = False
        terminal.rate = LINES[line] or None
        status = leave(terminal, way)
        terminal.stalled = False
        terminal.drain()
        return status

    def _training(self) -> RunFolder:
        run = create_run(_FAST, ViewOptions(), self._home)
        self._nursery.start(run)
        deadline = time.monotonic() + PATIENCE
        while not trainer_alive(run):
            assert time.monotonic() < deadline, "the trainer does not start"
            time.sleep(0.02)
        return run

    @contextmanager
    def _viewer(self, *names: str) -> Iterator[Terminal]:
        command = [sys.executable, "-m", "grokterm.cli", "attach", *names, "--runs", str(self._home)]
        terminal = Terminal(command, (120, 40), _ENVIRONMENT)
        try:
            yield terminal
        finally:
            terminal.close()


def main() -> None:
    """Prints how often the viewer was left in each way on each line, and how often something was wrong."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--exits", type=int, default=20, help="times in each way on each line")
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args()
    os.environ["OMP_NUM_THREADS"] = "1"
    tried: Counter[tuple[str, str]] = Counter()
    faults: Counter[tuple[str, str]] = Counter()
    with Viewers(randoms.Random(given.seed)) as viewers:
        for _ in range(given.exits):
            for case in [(way, line) for way in WAYS for line in LINES]:
                tried[case] += 1
                if fault := viewers.fault(*case):
                    faults[case] += 1
                    print(*case, fault, sep=": ", file=sys.stderr)
            print(_table(tried, faults), flush=True)


def _table(tried: Counter[tuple[str, str]], faults: Counter[tuple[str, str]]) -> str:
    """A row a way, a column a line: how many were at fault of how many."""
    rows = [["", *LINES]]
    rows += [[way, *(f"{faults[way, line]} of {tried[way, line]}" for line in LINES)] for way in WAYS]
    return "\n".join("".join(cell.ljust(12) for cell in row).rstrip() for row in rows)


if __name__ == "__main__":
    main()
