"""Trainers that end with their test."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from grokterm.config import Config
from grokterm.trainer.server import Connection
from tests.by_kernels import steps_by_kernels
from tests.trainer.running import TINY, Running

__all__ = ["steps_by_kernels"]

NewRun = Callable[..., Running]
NewConnection = Callable[[], Connection]


@pytest.fixture
def new_run(folders: Path) -> Iterator[NewRun]:
    """Makes runs in this test's home; their trainers are killed at the end."""
    made: list[Running] = []

    def new(config: Config = TINY, **values: object) -> Running:
        made.append(Running(folders, config.changed(values)))
        return made[-1]

    yield new
    for run in made:
        run.clean_up()


@pytest.fixture
def new_connection() -> Iterator[NewConnection]:
    """Makes connections of viewers who are not there."""
    made: list[socket.socket] = []

    def new() -> Connection:
        made.append(socket.socket())
        return Connection(made[-1])

    yield new
    for one in made:
        one.close()
