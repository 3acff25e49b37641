"""The screen of a sweep in a real pseudo-terminal."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grokterm.sweeps.folder import SweepFolder
from tests.terminal.terminal import Terminal
from tests.tui.sweep.showing import Filling

Watched = Callable[..., Terminal]

PROGRAM = """
import sys
from pathlib import Path
from grokterm.sweeps.folder import SweepFolder
from grokterm.tui.sweep.app import watch_sweep
from grokterm.view_options import ViewOptions
left = watch_sweep(SweepFolder(Path(sys.argv[1])), ViewOptions(graph=sys.argv[2]))
print(f"left: {left.how} {left.run}, torch: {'torch' in sys.modules}")
sys.exit(left.exit_status)
"""


@pytest.fixture
def watched() -> Iterator[Watched]:
    """Watches a sweep in a terminal of a size, with an environment."""
    opened: list[Terminal] = []

    def start(folder: SweepFolder, size: tuple[int, int], graph: str = "braille", **environment: str) -> Terminal:
        usual = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        command = [sys.executable, "-c", PROGRAM, str(folder.path), graph]
        opened.append(Terminal(command, size, usual | environment))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()


def test_a_sweep_is_watched_resized_and_left(tmp_path: Path, watched: Watched) -> None:
    sweep = Filling(tmp_path)
    sweep.end(*range(10))
    terminal = watched(sweep.folder, (80, 24))
    terminal.shows("10 of 24 runs", "Phase diagram", "wd 0.1, frac 0.3", "no coordinator")
    sweep.end(*range(10, 24))
    terminal.shows("24 of 24 runs", "finished")
    terminal.resize(120, 40)
    terminal.shows("3 Cells", "4 Steps to grok by wd", "∝ wd")
    terminal.press("right", "enter")
    assert terminal.ends() == 0
    assert "left: open 6, torch: False" in terminal.text
    assert terminal.left_on == []
    assert terminal.restored


def test_without_colours_and_in_ascii_nothing_else_is_written(tmp_path: Path, watched: Watched) -> None:
    terminal = watched(Filling(tmp_path).end_all(), (120, 40), "ascii", NO_COLOR="1", COLORTERM="")
    terminal.shows("24 of 24 runs", "C  compr", "seeds differ")
    terminal.press("d")
    assert terminal.ends() == 0
    assert "left: detached None, torch: False" in terminal.text
    assert b"38;2;" not in terminal.output
    assert b"38;5;" not in terminal.output


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signals_give_the_terminal_back(tmp_path: Path, watched: Watched, number: int, status: int) -> None:
    terminal = watched(Filling(tmp_path).end_all(), (80, 24))
    terminal.shows("24 of 24 runs")
    os.kill(terminal.pid, number)
    assert terminal.ends() == status
    assert terminal.restored
