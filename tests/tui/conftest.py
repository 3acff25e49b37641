"""Runs with a real trainer, killed afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grokterm.config import Config, Value
from grokterm.runs.folder import RunFolder, create_run
from grokterm.runs.process import start_trainer
from grokterm.view_options import ViewOptions
from tests.tui.watching import TINY, end_trainers

NewRun = Callable[..., RunFolder]


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunFolder]:
    """A run that trains for as long as the tests of a module."""
    home = tmp_path_factory.mktemp("shared")
    folder = create_run(TINY, ViewOptions(), home)
    start_trainer(folder)
    yield folder
    end_trainers(home)


@pytest.fixture
def new_run(folders: Path) -> Iterator[NewRun]:
    """Makes runs of this test alone."""
    folders.mkdir(mode=0o700, parents=True, exist_ok=True)

    def new(config: Config = TINY, start: bool = True, **values: Value) -> RunFolder:
        folder = create_run(config.changed(values), ViewOptions(), folders)
        if start:
            start_trainer(folder)
        return folder

    yield new
    end_trainers(folders)
