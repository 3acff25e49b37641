"""A few attacks in every run of the tests; `python -m tests.attack` makes more of them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.attack import ATTACKS
from tests.forking import Run
from tests.launching import Forked, completed
from tests.nursery import Nursery
from tests.patience import PATIENCE

TRIES = {"files": 2}
"""Of those that no other test makes."""


@pytest.mark.parametrize(("name", "tries"), TRIES.items())
def test_an_attack_finds_no_fault(name: str, tries: int, nursery: Nursery) -> None:
    assert name in ATTACKS
    words = [name, "--tries", str(tries), "--minutes", "5"]
    top = Path(__file__).parents[2]
    done: subprocess.CompletedProcess[str]
    if sys.platform == "linux":
        asked = Run("tests.attack", words, dict(os.environ), str(top), new_session=False)
        pipes = (subprocess.DEVNULL, subprocess.PIPE, subprocess.PIPE)
        done = completed(Forked(nursery.line(), asked, pipes, text=True), PATIENCE)
    else:
        command = [sys.executable, "-m", "tests.attack", *words]
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, cwd=top)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, f"| {name} | {tries} | 0 |"), done.stderr
