"""Figures of runs that were made once: one that an MLP began and a transformer went on with, and a parity."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from grokterm.config import Config
from grokterm.runs.checkpoints import REGULAR
from grokterm.runs.folder import RunFolder, create_run
from grokterm.trainer.opening import open_run
from grokterm.view_options import ViewOptions
from tests.export.conftest import _recorded, run
from tests.needs import MATPLOTLIB, need

__all__ = ["_recorded", "run"]


@pytest.fixture(autouse=True, scope="session")
def _matplotlib() -> None:
    need(find_spec("matplotlib"), MATPLOTLIB)


@pytest.fixture(scope="session")
def recorded(_recorded: Path) -> RunFolder:
    """The run of the tests of exports, which nobody writes to: an MLP at step 60, a transformer at step 120."""
    (path,) = [path for path in _recorded.iterdir() if path.is_dir()]
    return RunFolder(path)


@pytest.fixture(scope="session")
def parity(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A parity of two of ten bits after 20 steps."""
    home = tmp_path_factory.mktemp("parity")
    given = {"task": "parity", "n": 10, "k": 2, "train_size": 40, "width": 16, "device": "cpu", "pace": "max"}
    session = open_run(create_run(Config.starting(given), ViewOptions(), home)).session
    session.begin()
    while session.step < 20:
        session.advance(20 - session.step)
    session.save(REGULAR)
    (path,) = [path for path in home.iterdir() if path.is_dir()]
    return RunFolder(path)
