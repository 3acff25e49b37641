"""What may stand in the place of a file of a run folder."""

from __future__ import annotations

import os
import random
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Final

HUGE: Final = 200 * 10**6
"""Bytes of a line that is none; a hole in the file, so that it takes no room."""


class Place:
    """A file or folder of a run folder, and what lies outside to which it may lead."""

    def __init__(self, path: Path, outside: Path) -> None:
        self.path = path
        self.outside = outside

    def clear(self) -> None:
        """Takes away what is there."""
        if self.path.is_dir() and not self.path.is_symlink():
            shutil.rmtree(self.path)
        else:
            self.path.unlink(missing_ok=True)


def _truncated(place: Place, chance: random.Random) -> None:
    os.truncate(place.path, chance.randrange(place.path.stat().st_size + 1))


def _flipped(place: Place, chance: random.Random) -> None:
    content = bytearray(place.path.read_bytes())
    for _ in range(chance.randrange(1, 20) if content else 0):
        content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    place.path.write_bytes(content)


def _linked_to_file(place: Place, chance: random.Random) -> None:
    place.clear()
    place.path.symlink_to(place.outside / chance.choice(("letter.txt", "word.txt")))


def _linked_to_folder(place: Place, chance: random.Random) -> None:
    place.clear()
    place.path.symlink_to(place.outside / "folder")


def _linked_to_copy(place: Place, chance: random.Random) -> None:
    """The very same content, but elsewhere."""
    place.path.rename(place.outside / "copy")
    place.path.symlink_to(place.outside / "copy")


def _linked_to_nothing(place: Place, chance: random.Random) -> None:
    place.clear()
    place.path.symlink_to(place.outside / "not there yet")


def _linked_to_itself(place: Place, chance: random.Random) -> None:
    place.clear()
    place.path.symlink_to(place.path.name)


def _linked_to_device(place: Place, chance: random.Random) -> None:
    place.clear()
    place.path.symlink_to(chance.choice(("/dev/zero", "/dev/full", "/dev/tty")))


def _pipe(place: Place, chance: random.Random) -> None:
    place.clear()
    os.mkfifo(place.path)


def _socket(place: Place, chance: random.Random) -> None:
    place.clear()
    here = os.open(".", os.O_RDONLY)
    try:
        os.chdir(place.path.parent)  # the path of a socket is short
        with socket.socket(socket.AF_UNIX) as stream:
            stream.bind(place.path.name)
    finally:
        os.fchdir(here)
        os.close(here)


def _folder(place: Place, chance: random.Random) -> None:
    place.clear()
    place.path.mkdir()
    (place.path / "letter.txt").write_text("inside")


def _file(place: Place, chance: random.Random) -> None:
    place.clear()
    place.path.write_bytes(chance.randbytes(chance.randrange(200)))


def _huge_line(place: Place, chance: random.Random) -> None:
    os.truncate(place.path, HUGE)
    if chance.random() < 0.5:
        with place.path.open("ab") as file:
            file.write(b"\n")


def _gone(place: Place, chance: random.Random) -> None:
    place.clear()


def _without_permission(place: Place, chance: random.Random) -> None:
    place.path.chmod(0)


Mutation = Callable[[Place, random.Random], None]
ALWAYS: Final[tuple[Mutation, ...]] = (
    *(_linked_to_file, _linked_to_folder, _linked_to_nothing, _linked_to_itself, _linked_to_device),
    *(_pipe, _socket, _folder, _file),
)
"""What can stand in the place of anything."""
OF_FILES: Final[tuple[Mutation, ...]] = (_truncated, _flipped, _linked_to_copy, _huge_line, _gone, _without_permission)
"""What can become of a file that is there."""
OF_FOLDERS: Final[tuple[Mutation, ...]] = (_linked_to_copy, _gone, _without_permission)


def mutate(path: Path, outside: Path, chance: random.Random) -> str:
    """Puts something else into the place of a path; says what."""
    place = Place(path, outside)
    own = OF_FOLDERS if path.is_dir() else OF_FILES if path.exists() else ()
    mutation = chance.choice((*ALWAYS, *own))
    mutation(place, chance)
    return f"{path.name} {mutation.__name__.strip('_').replace('_', ' ')}"
