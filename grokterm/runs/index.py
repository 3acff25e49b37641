"""An index of the runs of a folder, so that thousands list in a moment: only a memory of what their files say.

It may be thrown away at any time. A run is taken from it while every file of its folder is as it was, and read anew
otherwise; runs that train, or whose plugins it would need, are never in it.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

import msgspec
import platformdirs

from grokterm import durable
from grokterm.errors import ConfigError, RunFolderError
from grokterm.real_files import opened_folder, reading
from grokterm.runs.emergence import Emergence, emergence
from grokterm.runs.folder import RunFolder
from grokterm.runs.history import read_history
from grokterm.runs.summary import ConfiguredRun, summarize_with_settings
from grokterm.version import __version__

FORMAT: Final = f"1 {__version__}"
"""Of the file; one of another grokterm is not read."""
LEAST: Final = 50
"""Runs from which on it is written: fewer are read in no time."""
_LIMIT: Final = 2**28
"""Bytes of the file that are read."""
_LIVE: Final = ("starting", "training", "paused")
"""States that change without a file's doing so, as when a trainer is killed."""


class _Entry(msgspec.Struct):
    signature: str
    run: ConfiguredRun
    emergence: Emergence | None = None
    """None where nobody has asked for it yet, which takes the whole log."""


class _Written(msgspec.Struct):
    format: str
    runs: dict[str, _Entry]


class RunIndex:
    """What is known of the runs in a folder."""

    def __init__(self, home: Path) -> None:
        """Reads the index, if there is one that can be used."""
        self._path = index_path(home)
        self._runs = _read(self._path)
        self._changed = False

    def run(self, folder: RunFolder) -> ConfiguredRun:
        """The summary and the settings of a run, whatever the state of its files."""
        return self._entry(folder).run

    def emergence(self, folder: RunFolder) -> Emergence:
        """What its whole log tells of how it generalizes; nothing where it cannot be read."""
        entry = self._entry(folder)
        if entry.emergence is None:
            entry.emergence = _emergence(folder)
            self._changed = True
        return entry.emergence

    def save(self, folders: list[RunFolder]) -> None:
        """Keeps what is known of these runs, where they are many, and that is new and can be written."""
        kept = {one.id: self._runs[one.id] for one in folders if one.id in self._runs}
        if len(folders) >= LEAST and (self._changed or kept.keys() != self._runs.keys()):
            with suppress(OSError):
                self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
                content = msgspec.json.encode(_Written(FORMAT, kept))
                durable.write(self._path, content, self._path.with_suffix(".part"), through_link=True)

    def _entry(self, folder: RunFolder) -> _Entry:
        signature = _signature(folder)
        known = self._runs.get(folder.id)
        if known is not None and signature and known.signature == signature:
            return known
        entry = _Entry(signature, summarize_with_settings(folder))
        if signature and entry.run.summary.state not in _LIVE:
            self._runs[folder.id] = entry
            self._changed = True
        elif self._runs.pop(folder.id, None) is not None:
            self._changed = True
        return entry


def index_path(home: Path) -> Path:
    """Where the index of a folder of runs is: in the user's cache folder, as listing writes nothing beside runs."""
    name = hashlib.sha256(os.fsencode(home.absolute())).hexdigest()[:16]
    return Path(platformdirs.user_cache_dir("grokterm")) / f"runs-{name}.json"


def _read(path: Path) -> dict[str, _Entry]:
    try:
        with reading(path) as file:
            written = msgspec.json.decode(file.read(_LIMIT), type=_Written)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}
    return written.runs if written.format == FORMAT else {}


def _signature(folder: RunFolder) -> str:
    """What changes when a file of a run does; empty where it cannot be said, and of runs with plugins.

    Checkpoints never change under their names, so that their folder's time tells of all of them.
    """
    found: list[str] = []
    try:
        with opened_folder(folder.path, through_link=True) as opened, os.scandir(opened) as entries:
            for entry in entries:
                about = entry.stat(follow_symlinks=False)
                found.append(f"{entry.name} {about.st_mtime_ns:x} {about.st_size:x} {about.st_ino:x}")
    except OSError:
        return ""
    if any(line.startswith(f"{folder.plugin_folder.name} ") for line in found):
        return ""
    return "\n".join(sorted(found))


def _emergence(folder: RunFolder) -> Emergence:
    try:
        return emergence(read_history(folder))
    except (RunFolderError, ConfigError):
        return Emergence()
