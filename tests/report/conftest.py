"""Reports of runs that were made once: one with a change, of all kinds of records, and one of the default model."""

from __future__ import annotations

from pathlib import Path

import pytest

from grokterm.config import Config
from grokterm.report.run_report import Report, run_report
from grokterm.runs.checkpoints import REGULAR
from grokterm.runs.folder import RunFolder, create_run
from grokterm.trainer.opening import open_run
from grokterm.view_options import ViewOptions
from tests.export.conftest import _recorded

__all__ = ["_recorded"]


@pytest.fixture(scope="session")
def recorded(_recorded: Path) -> RunFolder:
    """The run of the tests of exports, which nobody writes to."""
    (path,) = [path for path in _recorded.iterdir() if path.is_dir()]
    return RunFolder(path)


@pytest.fixture(scope="session")
def report(recorded: RunFolder) -> Report:
    """Its report."""
    return run_report(recorded, lambda words: None)


@pytest.fixture(scope="session")
def default_run(tmp_path_factory: pytest.TempPathFactory) -> RunFolder:
    """A default run after its first steps, each of which is kept."""
    home = tmp_path_factory.mktemp("default")
    config = Config.starting({"p": 97, "arch": "mlp", "device": "cpu", "pace": "max"})
    session = open_run(create_run(config, ViewOptions(), home)).session
    session.begin()
    for _ in range(4):
        session.advance(1)
        session.save(REGULAR)
    (path,) = [path for path in home.iterdir() if path.is_dir()]
    return RunFolder(path)


@pytest.fixture(scope="session")
def default_report(default_run: RunFolder) -> Report:
    """Its report."""
    return run_report(default_run, lambda words: None)
