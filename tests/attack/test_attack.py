"""A few attacks in every run of the tests; `python -m tests.attack` makes more of them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.attack import ATTACKS
from tests.patience import PATIENCE

TRIES = {"files": 2}
"""Of those that no other test makes."""


@pytest.mark.parametrize(("name", "tries"), TRIES.items())
def test_an_attack_finds_no_fault(name: str, tries: int) -> None:
    assert name in ATTACKS
    done = subprocess.run(
        [sys.executable, "-m", "tests.attack", name, "--tries", str(tries), "--minutes", "5"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        cwd=Path(__file__).parents[2],
    )
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"| {name} | {tries} | 0 |"), done.stderr
