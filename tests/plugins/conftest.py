"""Every test begins and ends without plugins, and with no trainer left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forked import programs_begin_at_once
from tests.own import unloading, write_examples
from tests.tui.watching import end_trainers

__all__ = ["programs_begin_at_once"]


@pytest.fixture(autouse=True)
def _unloaded(folders: Path, programs_begin_at_once: None) -> Iterator[None]:
    with unloading():
        yield
    end_trainers(folders)


@pytest.fixture
def examples(tmp_path: Path) -> dict[str, Path]:
    """The files of the guide's page by name."""
    folder = tmp_path / "examples"
    folder.mkdir()
    return write_examples(folder)
