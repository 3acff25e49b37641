"""What is loaded by the time the first screen with panes in it is drawn."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.conftest import TINY
from tests.terminal.terminal import Terminal
from tests.tui.watching import end_trainers

NUMBERS = ("numpy._core", "psutil._common", "safetensors")
"""Libraries, or what they load first where only their name is known, that wait for something to be drawn or asked."""
DIALOGS = ("architecture", "branches", "change", "dialog", "fork", "help", "options", "race", "run_choice", "views")
_LATER = (
    *("torch", "plotext", "cyclopts", *NUMBERS),
    *("grokterm.lab", "grokterm.analysis", "grokterm.trainer", "grokterm.guide", "grokterm.chart", "grokterm.notebook"),
    *("grokterm.cli.commands", "grokterm.runs.compared", "grokterm.runs.fork", "grokterm.runs.summary"),
    *("grokterm.runs.race", "grokterm.runs.standings"),
    *(
        "grokterm.tui.command_palette",
        "grokterm.tui.panes.compared",
        "grokterm.tui.panes.guide",
        "grokterm.tui.views.view",
    ),
    *("grokterm.tui.screens.compare", *(f"grokterm.tui.dialogs.{name}" for name in DIALOGS)),
)
LATER = tuple(f"{name}." for name in _LATER)
RECORDING = """
import sys
from textual.drivers._writer_thread import WriterThread

def write(thread, text, usual=WriterThread.write):
    if "Accuracy" in text and WriterThread.write is write:
        WriterThread.write = usual
        with open(sys.argv[1], "w") as file:
            file.write(" ".join(sys.modules))
    usual(thread, text)

WriterThread.write = write
from grokterm.cli import main
sys.exit(main(sys.argv[2:]))
"""


@pytest.fixture
def opened(folders: Path, tmp_path: Path) -> Iterator[Terminal]:
    command = [sys.executable, "-c", RECORDING, str(tmp_path / "modules"), *TINY]
    terminal = Terminal(command, (120, 40), {"TERM": "xterm-256color", "LANG": "C.UTF-8"})
    yield terminal
    terminal.close()
    end_trainers(folders)


def test_the_first_paint_waits_for_nothing_that_it_does_not_show(opened: Terminal, tmp_path: Path) -> None:
    opened.shows("1 Accuracy", "6 Events")
    loaded = (tmp_path / "modules").read_text().split()
    assert "grokterm.tui.screens.watch" in loaded
    assert not [module for module in loaded if f"{module}.".startswith(LATER)]
    opened.shows("● training", "step [1-9]")
