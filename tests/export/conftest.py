"""A run with records of every kind, made once."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from grokterm.runs.checkpoints import REGULAR
from grokterm.runs.folder import RunFolder, create_run
from grokterm.trainer.opening import open_run
from grokterm.view_options import ViewOptions
from tests.trainer.running import TINY

LAST = 120
KEPT = [60, 90, 120]
"""Steps of its checkpoints."""


@pytest.fixture(scope="session")
def _recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("recorded")
    config = TINY.changed({"p": 11, "width": 64, "lr": 0.02, "train_fraction": 0.8, "measure_every": 15})
    session = open_run(create_run(config, ViewOptions(), home)).session
    session.begin()
    for stop in KEPT:
        while session.step < stop:
            session.advance(stop - session.step)
        session.save(REGULAR)
        if stop == 90:
            session.after_change(session.change({"arch": "transformer", "width": 24}, keep=True, by="[bold]somebody"))
    return home


@pytest.fixture
def run(_recorded: Path, folders: Path) -> RunFolder:
    """A copy of it in this test's home: an mlp, from step 90 on a transformer."""
    shutil.copytree(_recorded, folders)
    (path,) = [path for path in folders.iterdir() if path.is_dir()]
    return RunFolder(path)
