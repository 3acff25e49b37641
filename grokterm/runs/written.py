"""What stands in a run's config.toml, before anything is made of it."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from grokterm.errors import RunFolderError, reason_of
from grokterm.real_files import reading

FOLDER_FORMAT: Final = 1
"""Version of the run folder's layout, written to config.toml; a greater one is refused."""
_LIMIT: Final = 2**20
"""Bytes of config.toml that are read."""


def read_written(folder: Path, path: Path) -> dict[str, Any]:
    """The tables of the config.toml at `path` of a run folder; raises RunFolderError."""
    try:
        with reading(path) as file:
            written = dict(_tables(file.read(_LIMIT)))
    except FileNotFoundError:
        raise RunFolderError(f"{folder} is no run: it has no config.toml") from None
    except OSError as error:
        raise RunFolderError(f"{path} cannot be read: {reason_of(error)}") from None
    except (ValueError, RecursionError) as error:
        raise RunFolderError(f"{path} cannot be read: {error}") from None
    about = written.get("about", {})
    made_by = about.get("format", FOLDER_FORMAT) if isinstance(about, dict) else None
    if not isinstance(made_by, int) or made_by < 1:
        raise RunFolderError(f"{path} cannot be read: its [about] table has no valid format")
    if made_by > FOLDER_FORMAT:
        raise RunFolderError(
            f"{folder.name} was made by a newer grokterm (run folder format {made_by}; "
            f"this one reads up to {FOLDER_FORMAT}): upgrade grokterm to open it"
        )
    return written


@lru_cache(maxsize=4)
def _tables(content: bytes) -> dict[str, Any]:
    """The tables in a file, kept for as long as it says the same: a listing asks each run for several of them."""
    return tomllib.loads(content.decode())
