"""The folder of a reproduction, beside the runs: reproduction.json, and its own runs and sweeps, as in any home."""

from __future__ import annotations

import os
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import msgspec

from grokterm import durable
from grokterm.config import Value
from grokterm.errors import ConfigError, RunFolderError, reason_of
from grokterm.real_files import is_there, reading
from grokterm.reproductions.rules import Unit, Verdict
from grokterm.runs.folder import RunFolder, find_run
from grokterm.runs.numbered import is_typed, make_numbered, names_in, typed_name
from grokterm.sweeps.folder import SweepFolder, find_sweep

_LETTER: Final = "r"
"""With which names begin."""
FORMAT: Final = 1
"""Version of reproduction.json; a greater one is refused."""
_LIMIT: Final = 2**24
"""Bytes of reproduction.json that are read."""
_NAME: Final = re.compile(r"[\w.-]{1,200}", re.ASCII)


class KeptRun(msgspec.Struct, frozen=True):
    """A whole run of a study."""

    study: str
    seed: int
    """Counted from 0."""
    run: str
    """Its id in the folder of the reproduction."""
    line: str = ""
    """As `grokterm share` prints it once it has ended: what trains it again."""
    changed: dict[str, Value] = {}
    """What a fork changed in its parent."""


class Row(msgspec.Struct, frozen=True):
    """A claim and what came of it."""

    words: str
    source: str
    published: str
    ours: tuple[float | None, ...]
    """One a seed as a rule; None where it is not defined, and 1e308 for what is infinite, as a step that never came."""
    unit: Unit
    shown: str
    """The same for people: the median, and from where to where it goes."""
    rule: str
    """What passes and what is near, for people; it was said before anything was trained."""
    verdict: Verdict
    note: str = ""


class Reproduced(msgspec.Struct, frozen=True, kw_only=True):
    """The content of reproduction.json."""

    format: int = FORMAT
    preset: str
    quick: bool
    seeds: int
    version: str
    """Of grokterm."""
    machine: str
    """Its processor, and how many cores were used."""
    begun: float
    """Seconds since 1970."""
    ended: float | None = None
    """None while it is under way."""
    device: str = "auto"
    precision: str = "auto"
    runs: tuple[KeptRun, ...] = ()
    sweeps: dict[str, str] = {}
    """The id of the sweep of each study that is one."""
    rows: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class ReproductionFolder:
    """One reproduction on disk, by its path."""

    path: Path

    @property
    def id(self) -> str:
        """Its name, unique among its neighbours: r0003-nanda-quick."""
        return self.path.name

    @property
    def short_id(self) -> str:
        """What a person types for it: r3."""
        return typed_name(self.id, _LETTER)

    @property
    def about_path(self) -> Path:
        """reproduction.json."""
        return self.path / "reproduction.json"

    @property
    def is_reproduction(self) -> bool:
        """Whether there is a reproduction.json, whatever that is."""
        return is_there(self.about_path)

    def read(self) -> Reproduced:
        """What it holds; raises RunFolderError."""
        try:
            with reading(self.about_path) as file:
                written = file.read(_LIMIT)
        except OSError as error:
            raise RunFolderError(f"{self.about_path} cannot be read: {reason_of(error)}") from None
        try:
            found = msgspec.json.decode(written, type=Reproduced)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise RunFolderError(f"{self.about_path} describes no reproduction: {error}") from None
        if found.format > FORMAT:
            raise RunFolderError(f"{self.id} was made by a newer grokterm: upgrade grokterm to open it")
        for name in (*(run.run for run in found.runs), *found.sweeps.values()):
            if not _NAME.fullmatch(name):  # a name of this folder, never a path
                raise RunFolderError(f"{self.about_path} names a run that cannot be: {name[:40]!r}")
        return found

    def write(self, about: Reproduced) -> None:
        """Writes it, whole or not at all; raises RunFolderError."""
        try:
            content = msgspec.json.format(msgspec.json.encode(about), indent=1) + b"\n"
            durable.write(self.about_path, content, self.path / "reproduction.json.part")
        except OSError as error:
            raise RunFolderError(f"{self.about_path} cannot be written: {reason_of(error)}") from None

    def run(self, kept: KeptRun) -> RunFolder:
        """The folder of one of its runs; raises RunFolderError."""
        return find_run(kept.run, self.path)

    def sweep(self, study: str, about: Reproduced) -> SweepFolder:
        """The folder of the sweep of a study; raises RunFolderError."""
        if study not in about.sweeps:
            raise RunFolderError(f"{self.id} has no sweep {study!r} yet")
        return find_sweep(about.sweeps[study], self.path)


def create_reproduction(about: Reproduced, home: Path) -> ReproductionFolder:
    """A new folder, of mode 0700; raises RunFolderError, and leaves nothing then."""
    scale: Literal["quick", "full"] = "quick" if about.quick else "full"
    try:
        folder = ReproductionFolder(make_numbered(home, _LETTER, f"{about.preset}-{scale}"))
    except OSError as error:
        raise RunFolderError(f"no reproduction can be made in {home}: {reason_of(error)}") from None
    try:
        folder.write(about)
    except RunFolderError:
        shutil.rmtree(folder.path, ignore_errors=True)
        raise
    return folder


def list_reproductions(home: Path) -> list[ReproductionFolder]:
    """Those in `home`, oldest first; none where it is not there. Raises RunFolderError."""
    return [folder for name in names_in(home, _LETTER) if (folder := ReproductionFolder(home / name)).is_reproduction]


def names_reproduction(name: str, home: Path) -> bool:
    """Whether a name is meant for a reproduction: r3, an id, or a path with a reproduction.json."""
    if os.sep in name:
        return ReproductionFolder(Path(name).expanduser().absolute()).is_reproduction
    return is_typed(name, _LETTER)


def find_reproduction(name: str, home: Path) -> ReproductionFolder:
    """The one that is meant by an id, r3, a preset of which it is the last one, or a path; raises RunFolderError."""
    if os.sep in name or name in (".", ".."):
        folder = ReproductionFolder(Path(name).expanduser().absolute())
        if not folder.is_reproduction:
            raise RunFolderError(f"{name} is no reproduction: it has no reproduction.json")
        return folder
    found = list_reproductions(home)
    near = [one for one in found if name in (one.id, one.short_id, one.id.split("-", 1)[1].rpartition("-")[0])]
    if not near:
        raise RunFolderError(f"there is no reproduction {name!r} in {home}")
    return near[-1]


def check_seeds(seeds: int) -> int:
    """Raises ConfigError for a number of seeds that cannot be."""
    if not 1 <= seeds <= 1000:
        raise ConfigError(f"--seeds must be a whole number from 1 to 1,000, not {seeds:,}")
    return seeds
