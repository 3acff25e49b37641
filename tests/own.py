"""Plugins for tests: those of the guide's page as they stand there, and what a test writes."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from grokterm.guide import read_page
from grokterm.plugins.loading import unload_all

_BLOCK: Final = re.compile(r"^```python\n(.*?)^```", re.MULTILINE | re.DOTALL)
NAMES: Final = ("capped.py", "rmsprop.py", "bilinear.py", "own.py")
"""The files of the guide's page, in order."""


def write_examples(folder: Path) -> dict[str, Path]:
    """The worked examples of the guide's page as files, by name."""
    blocks = _BLOCK.findall(read_page("plugins").text)
    assert len(blocks) == len(NAMES)
    return {name: write(folder / name, block) for name, block in zip(NAMES, blocks, strict=True)}


def write(path: Path, text: str) -> Path:
    path.write_text(text)
    return path


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@contextmanager
def unloading() -> Iterator[None]:
    """Takes all plugins out of this process afterwards, as if it were another one."""
    try:
        yield
    finally:
        unload_all()
