"""Saving what is shown, a screenshot or a text, beside what is there already."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from grokterm.errors import RunFolderError


def self_contained(svg: str) -> str:
    """A screenshot without the comment and the fonts from the net that come with it: it shows the reader's own font."""
    return re.sub(r"\s*<!--.*?-->|\s*@font-face\s*\{.*?\}", "", svg, flags=re.DOTALL)


def save_screenshot(svg: str, name: str, folders: Sequence[Path]) -> Path:
    """Writes a screenshot as `name`.svg into the first folder that can be written to, and nothing over anything.

    Raises RunFolderError where none can.
    """
    return write_new(self_contained(svg), name, "svg", folders, "screenshot")


def write_new(text: str, name: str, ending: str, folders: Sequence[Path], what: str) -> Path:
    """Writes a text as `name`.`ending`, or with the next free number, into the first folder that can be written to.

    Raises RunFolderError where none can, which says that `what` was not saved.
    """
    problem = "no folder was given"
    for folder in folders:
        for number in count(1):
            path = folder / (f"{name}.{ending}" if number == 1 else f"{name}-{number}.{ending}")
            try:
                with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644), "w", encoding="utf-8") as file:
                    file.write(text)
                return path
            except FileExistsError:
                continue
            except OSError as error:
                problem = f"{path} cannot be written: {(error.strerror or str(error)).lower()}"
                break
    raise RunFolderError(f"no {what} was saved: {problem}")
