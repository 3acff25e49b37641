"""Where somebody stands in the tour: a small file beside its runs, written whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from grokterm import durable
from grokterm.errors import RunFolderError, reason_of
from grokterm.real_files import reading

FILE: Final = "tour.json"
_LIMIT: Final = 2**16
"""Bytes of the file that are read."""
_LONGEST: Final = 1000
"""Characters of the longest run name or answer."""


class Place(msgspec.Struct, frozen=True):
    """The chapter somebody is in, and by the numbers of chapters their runs and the answers that came out."""

    chapter: int = 1
    runs: dict[int, str] = {}
    answers: dict[int, str] = {}


def read_place(home: Path, chapters: int) -> tuple[Place, str]:
    """The place in a tour of so many chapters, and a sentence where its file is damaged and the tour begins anew.

    Raises RunFolderError where the file cannot be read.
    """
    path = home / FILE
    try:
        with reading(path) as file:
            place = msgspec.json.decode(file.read(_LIMIT), type=Place)
    except FileNotFoundError:
        return Place(), ""
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {reason_of(error)}") from None
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Place(), _DAMAGED
    return (place, "") if _is_sound(place, chapters) else (Place(), _DAMAGED)


def write_place(home: Path, place: Place) -> None:
    """Keeps the place; raises RunFolderError."""
    path = home / FILE
    try:
        durable.write(path, msgspec.json.encode(place), home / f"{FILE}.part", through_link=True)
    except OSError as error:
        raise RunFolderError(f"{path} cannot be written: {reason_of(error)}") from None


_DAMAGED: Final = f"{FILE} is damaged: the tour begins anew, and its old runs stay"


def _is_sound(place: Place, chapters: int) -> bool:
    """Whether it is of this tour, and holds nothing but names and sentences."""
    numbers = range(1, chapters + 1)
    texts = [*place.runs.values(), *place.answers.values()]
    return (
        place.chapter in numbers
        and all(number in numbers for number in (*place.runs, *place.answers))
        and all(len(text) <= _LONGEST and text.isprintable() for text in texts)
        and all("/" not in name and name not in ("", ".", "..") for name in place.runs.values())
    )
