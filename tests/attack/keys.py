"""Storms of keys, pasted text and sizes in every dialog and view: nothing that is pressed ends the viewer."""

from __future__ import annotations

import asyncio
import random as randoms
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import chdir
from pathlib import Path
from typing import Final

from grokterm.runs.folder import create_run, list_runs
from grokterm.runs.process import start_trainer
from grokterm.view_options import ViewOptions
from tests.terminal.storm import storm
from tests.terminal.terminal import Terminal
from tests.tui.storm import OPENERS, Storm
from tests.tui.watching import TINY, end_trainers, watch

_ENVIRONMENT: Final = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"}
_ROUNDS: Final = 20
"""Dialogs that a storm in a real terminal opens."""


def attack(random: randoms.Random, deadline: float) -> Iterator[str]:
    """Storms over viewers until `deadline` of the monotonic clock; yields what ended each, and what was pressed."""
    while time.monotonic() < deadline:
        # The pictures that it saves lie where the viewer stands.
        with tempfile.TemporaryDirectory(prefix="grokterm-attack-") as home, chdir(home):
            runs = [create_run(TINY, ViewOptions(), Path(home)) for _ in range(2)]
            start_trainer(runs[0])
            try:
                yield asyncio.run(_in_memory(random, Path(home), deadline))
                yield _in_terminal(random, Path(home))
            finally:
                end_trainers(Path(home))


async def _in_memory(random: randoms.Random, home: Path, deadline: float) -> str:
    """What ended a viewer whose screen is in memory; nothing where nothing did."""
    made: Storm | None = None
    try:
        async with watch(list_runs(home)[0]) as seen:
            made = Storm(seen, random)
            for opener in random.sample(OPENERS, len(OPENERS)):
                if made.runs and time.monotonic() < deadline:
                    await made.over(opener, sizes=6, keys=25)
            left = seen.app.return_value is not None
            if not made.runs and not left:
                return f"the viewer ended after {' '.join(made.last)}"
    except Exception as error:  # whatever it is, it is what the storm is after
        return f"{type(error).__name__}: {error} after {' '.join(made.last) if made else 'nothing'}"
    return ""


def _in_terminal(random: randoms.Random, home: Path) -> str:
    """What ended a viewer in a real terminal; nothing where nothing did."""
    command = [sys.executable, "-m", "grokterm.cli", "attach", "1", "--runs", str(home)]
    terminal = Terminal(command, (120, 40), _ENVIRONMENT)
    try:
        terminal.shows("Accuracy")
        done = storm(terminal, random, _ROUNDS)
        return f"the viewer ended after {done[-1]}: {terminal.text}" if terminal.ended else ""
    except AssertionError as error:
        return str(error)
    finally:
        terminal.close()
