"""The real command in a real pseudo-terminal; what it started is killed afterwards."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grokterm.runs.folder import create_run
from grokterm.runs.process import start_trainer
from grokterm.view_options import ViewOptions
from tests.terminal.terminal import Terminal
from tests.tui import watching
from tests.tui.watching import end_trainers

Grokterm = Callable[..., Terminal]

TINY = ("--p", "11", "--width", "16", "--d-model", "8", "--heads", "2", "--precision", "float32", "--device", "cpu")
"""A run of which a step takes no time."""


@pytest.fixture
def grokterm(folders: Path) -> Iterator[Grokterm]:
    """Starts `grokterm` with options, in a terminal of a size and with an environment."""
    opened: list[Terminal] = []

    def start(
        *options: str, size: tuple[int, int] = (120, 40), tiny: bool = True, environment: dict[str, str] | None = None
    ) -> Terminal:
        command = [sys.executable, "-m", "grokterm.cli", *options, *(TINY if tiny else ())]
        usual = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        opened.append(Terminal(command, size, usual | (environment or {})))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()
    end_trainers(folders)


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with two runs, of which the first trains, and quicker than the screen is drawn."""
    home = tmp_path_factory.mktemp("home")
    start_trainer(create_run(watching.TINY.changed({"pace": 100.0}), ViewOptions(), home))
    create_run(watching.TINY, ViewOptions(), home)
    yield home
    end_trainers(home)
