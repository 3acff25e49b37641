"""Folders that are numbered among their neighbours: 0007-… for runs, s0003-… for sweeps, r0002-… for reproductions."""

from __future__ import annotations

import os
import re
from pathlib import Path

from grokterm.errors import RunFolderError, reason_of


def numbered(home: Path, letter: str = "") -> list[tuple[int, str]]:
    """Number and name of the folders of a kind in `home`, by the letter with which it begins; raises OSError."""
    with os.scandir(home) as entries:
        matches = [match for entry in entries if (match := re.fullmatch(rf"{letter}(\d{{4,}})-.+", entry.name))]
    return [(int(match[1]), match[0]) for match in matches]


def names_in(home: Path, letter: str = "") -> list[str]:
    """Their names, oldest first; none where `home` is not there. Raises RunFolderError."""
    try:
        return [name for _, name in sorted(numbered(home, letter))]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise RunFolderError(f"the run folder {home} cannot be read: {reason_of(error)}") from None


def next_number(home: Path, letter: str = "") -> int:
    """One above the highest; raises OSError."""
    return 1 + max((number for number, _ in numbered(home, letter)), default=0)


def make_numbered(home: Path, letter: str, words: str) -> Path:
    """A new folder of mode 0700 with the next free number, whoever else makes one meanwhile; raises OSError."""
    while True:
        path = home / f"{letter}{next_number(home, letter):04d}-{words}"
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            continue  # another one was faster
        return path


def typed_name(name: str, letter: str) -> str:
    """What a person types for a folder: s3; its name where that has no number."""
    number = name.split("-")[0].removeprefix(letter).lstrip("0")
    return f"{letter}{number}" if number.isdecimal() else name


def is_typed(name: str, letter: str) -> bool:
    """Whether a name is meant for a folder of a kind: s3, or one that begins so."""
    return re.fullmatch(rf"{letter}\d+(-.*)?", name) is not None
