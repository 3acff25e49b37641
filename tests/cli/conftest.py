"""The command in a terminal, and an end to every trainer that a test of commands has started."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.terminal.conftest import grokterm
from tests.tui.watching import end_trainers

__all__ = ["grokterm"]


@pytest.fixture(autouse=True)
def _trainers_end(folders: Path) -> Iterator[None]:
    yield
    end_trainers(folders)
