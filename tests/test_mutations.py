"""The faults that `.ci/mutate` plants are of lines that are there."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

TOP = Path(__file__).parents[1]
FAULTS = runpy.run_path(str(TOP / ".ci" / "mutate"))["FAULTS"]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.before)
def test_a_fault_is_planted_in_one_place(fault: tuple[str, ...]) -> None:
    room, _, before, after, near = fault
    texts = [path.read_text() for path in (TOP / "grokterm" / room).rglob("*.py")]
    assert sum(text.count(before) for text in texts) == 1
    assert after != before
    assert (TOP / near).is_file()
