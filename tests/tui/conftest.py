"""Runs with a real trainer, killed afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grokterm.config import Config, Value
from grokterm.runs.folder import RunFolder, create_run
from grokterm.runs.process import socket_of, start_trainer
from grokterm.tui.text import footer
from grokterm.view_options import ViewOptions
from tests.nursery import start_afresh
from tests.patience import PATIENCE
from tests.trainer.running import wait_for
from tests.tui.answering import _pilots_wait_for_answers
from tests.tui.watching import TINY, end_trainers

__all__ = ["_pilots_wait_for_answers"]

NewRun = Callable[..., RunFolder]


def start_to_listen(folder: RunFolder) -> None:
    """Starts a trainer and waits until it listens."""
    start_trainer(folder)
    wait_for(lambda: socket_of(folder), "the trainer")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunFolder]:
    """A run that trains for as long as the tests of a module."""
    home = tmp_path_factory.mktemp("shared")
    folder = create_run(TINY, ViewOptions(), home)
    start_to_listen(folder)
    yield folder
    end_trainers(home)


@pytest.fixture
def remarks_stay(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remarks stand until the next one, however long it takes to look at them."""
    monkeypatch.setattr(footer, "_SAID", PATIENCE)


@pytest.fixture
def new_run(folders: Path) -> Iterator[NewRun]:
    """Makes runs of this test alone; those of a `child` have a trainer that has yet to load torch."""
    folders.mkdir(mode=0o700, parents=True, exist_ok=True)

    def new(config: Config = TINY, start: bool = True, child: bool = False, **values: Value) -> RunFolder:
        folder = create_run(config.changed(values), ViewOptions(), folders)
        if child:
            start_afresh(folder)
        elif start:
            start_to_listen(folder)
        return folder

    yield new
    end_trainers(folders)
