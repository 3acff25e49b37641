"""The real command in a real pseudo-terminal; what it started is killed afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grokterm.config import Value
from grokterm.runs.folder import RunFolder, create_run, find_run
from grokterm.runs.process import start_trainer
from grokterm.view_options import ViewOptions
from tests.commands import COMMAND
from tests.terminal.terminal import Terminal
from tests.tui import watching
from tests.tui.watching import end_trainers

Grokterm = Callable[..., Terminal]
Watched = tuple[Terminal, RunFolder]
"""A viewer, and the run that it watches."""
Attach = Callable[..., Watched]

TINY = ("--p", "11", "--width", "32", "--d-model", "8", "--heads", "2", "--precision", "float32", "--device", "cpu")
"""A run of which a step takes no time."""


@pytest.fixture
def grokterm(folders: Path) -> Iterator[Grokterm]:
    """Starts `grokterm` with options, in a terminal of a size; afresh, or with an environment in a fork."""
    opened: list[Terminal] = []

    def start(
        *options: str,
        size: tuple[int, int] = (120, 40),
        tiny: bool = True,
        environment: dict[str, str] | None = None,
        afresh: bool = False,
    ) -> Terminal:
        arguments = [*options, *(TINY if tiny else ())]
        usual = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
        command = [*COMMAND, *arguments] if afresh else arguments
        opened.append(Terminal(command, size, usual | (environment or {}), afresh))
        return opened[-1]

    yield start
    for terminal in opened:
        terminal.close()
    end_trainers(folders)


@pytest.fixture(scope="module")
def training(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A home with two runs, of which the first trains, with several records a second."""
    home = tmp_path_factory.mktemp("home")
    start_trainer(create_run(watching.TINY.changed({"pace": 20.0}), ViewOptions(), home))
    create_run(watching.TINY, ViewOptions(), home)
    yield home
    end_trainers(home)


@pytest.fixture
def attach_own(grokterm: Grokterm, folders: Path) -> Attach:
    """Starts the command on a run of this test alone, with settings, that trains already.

    Its trainer had not to load torch; one that the command starts has, and takes seconds.
    """

    def attach(**values: Value) -> Watched:
        folders.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder = create_run(watching.TINY.changed(values), ViewOptions(), folders)
        start_trainer(folder)
        terminal = grokterm("attach", folder.id, tiny=False)
        terminal.shows("● training", "step [1-9]")
        return terminal, folder

    return attach


@pytest.fixture
def attached(grokterm: Grokterm, training: Path) -> Watched:
    """A viewer on a run that other tests watch too, for those that leave it as it is."""
    terminal = grokterm("attach", "1", "--runs", str(training), tiny=False)
    terminal.shows("● training", "step [1-9]")
    return terminal, find_run("1", training)
