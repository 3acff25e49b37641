"""However slow the line, the terminal is given back when the viewer is left, and that is the last that it hears."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.terminal.conftest import Attach, Grokterm
from tests.terminal.leaving import WAYS, fill, leave
from tests.terminal.terminal import Terminal


def on_the_way(grokterm: Grokterm, attach_own: Attach, home: Path, way: str) -> Terminal:
    """A viewer that can be left in a way."""
    if way == "q":  # which ends the trainer
        return attach_own(pace=100.0)[0]
    terminal = grokterm("attach", *("1", "2") if way == "ctrl+c" else "1", "--runs", str(home), tiny=False)
    terminal.shows("Accuracy", "q leave" if way == "ctrl+c" else "● training")
    return terminal


def was_given_back(terminal: Terminal) -> None:
    assert terminal.left_on == []
    assert terminal.restored
    # On the screen it may begin anywhere, where the last frame was cut off, and go over two lines.
    assert b"grokterm attach 1" in terminal.output.rpartition(b"\x1b")[2]


@pytest.mark.parametrize(
    ("way", "rate"),
    [("d", 1_000), ("ctrl+c", 5_000), ("q", 20_000), ("SIGTERM", 1_000), ("SIGHUP", 5_000)],
)
def test_a_slow_terminal_is_given_back(
    grokterm: Grokterm, attach_own: Attach, training: Path, way: str, rate: int
) -> None:
    terminal = on_the_way(grokterm, attach_own, training, way)
    fill(terminal)
    terminal.stalled, terminal.rate = False, rate
    assert leave(terminal, way) == WAYS[way]
    was_given_back(terminal)


@pytest.mark.parametrize("way", ["q", "SIGTERM"])
def test_a_stalled_terminal_is_given_back_when_it_goes_on(
    grokterm: Grokterm, attach_own: Attach, training: Path, way: str
) -> None:
    terminal = on_the_way(grokterm, attach_own, training, way)
    fill(terminal)
    assert leave(terminal, way) == WAYS[way]
    terminal.stalled = False
    terminal.drain()
    was_given_back(terminal)


def test_a_terminal_that_goes_on_while_it_is_left_is_given_back(
    grokterm: Grokterm, attach_own: Attach, training: Path
) -> None:
    terminal = on_the_way(grokterm, attach_own, training, "d")
    fill(terminal)
    terminal.resumes_at, terminal.rate = time.monotonic() + 0.2, 5_000
    assert leave(terminal, "d") == 0
    was_given_back(terminal)
