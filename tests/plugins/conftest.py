"""Every test begins and ends without plugins, and with no trainer left."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.own import unloading, write_examples
from tests.tui.answering import _pilots_wait_for_answers
from tests.tui.watching import end_trainers

__all__ = ["_pilots_wait_for_answers"]


@pytest.fixture(autouse=True)
def _unloaded(folders: Path) -> Iterator[None]:
    with unloading():
        yield
    end_trainers(folders)


@pytest.fixture
def examples(tmp_path: Path) -> dict[str, Path]:
    """The files of the guide's page by name."""
    folder = tmp_path / "examples"
    folder.mkdir()
    return write_examples(folder)
