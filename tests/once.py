"""What takes long and is the same for all tests of a session is made once, whichever worker needs it first."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest


def shared_folder(factory: pytest.TempPathFactory, name: str) -> Path:
    """A folder of that name that all workers of this session have in common."""
    base = factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / name
    folder.mkdir(exist_ok=True)
    return folder


def numbers_made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[], list[int]]) -> list[int]:
    """What `make` gives, or has given to another worker; one that waits for it waits as long as it takes."""
    folder = shared_folder(factory, name)
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        made = folder / "made.json"
        if not made.exists():
            made.write_bytes(msgspec.json.encode(make()))
        return msgspec.json.decode(made.read_bytes(), type=list[int])
