"""The plugins of a command line, loaded before it is read: what they register are words and options of it, too."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from grokterm.config.plugins import ALLOWED, LOADED
from grokterm.errors import GroktermError

if TYPE_CHECKING:
    from grokterm.runs.folder import RunFolder

PLUGIN: Final = "--plugin"
ALLOW: Final = "--allow-plugin"


def load_given(words: Sequence[str]) -> None:
    """Loads what `--plugin` names, and what the runs among the words need and `--allow-plugin` allows.

    What an earlier command line of this process has loaded is no part of this one. Raises PluginError.
    """
    if LOADED or ALLOWED:
        from grokterm.plugins.loading import unload_all

        unload_all()
    if not any(word.startswith((PLUGIN, ALLOW)) for word in words):
        return
    from grokterm.plugins.loading import allow, load

    for given in _values(words, PLUGIN):
        load(given)
    allowed = list(_values(words, ALLOW))
    for digits in allowed:
        allow(digits)
    if allowed:
        _load_of_runs(words)


def check_given(folder: RunFolder) -> None:
    """Makes sure that the plugins of this command line are those of a run; raises RunFolderError."""
    folder.check()
    if LOADED:
        from grokterm.runs.plugins import check_plugins

        check_plugins(folder.path, folder.plugins())


def _load_of_runs(words: Sequence[str]) -> None:
    """Loads the plugins of the runs that are named first: what cannot be is told by the command that reads them."""
    from grokterm.runs.folder import find_run, home_path
    from grokterm.sweeps.folder import find_sweep, names_sweep

    home = home_path(next((Path(given) for given in _values(words, "--runs")), None))
    named = takewhile(lambda word: not word.startswith("-"), words[1:])
    for name in [*named, *_values(words, "--resume"), *_values(words, "--again"), *_values(words, "--open")]:
        with suppress(GroktermError, OSError):
            if names_sweep(name, home) or words[0] == "sweep":
                find_sweep(name, home).plan()
            else:
                find_run(name, home).config()


def _values(words: Sequence[str], option: str) -> Iterator[str]:
    """What follows an option, each time that it is given."""
    for at, word in enumerate(words):
        spelling, equals, value = word.partition("=")
        if spelling == option and (equals or at + 1 < len(words)):
            yield value if equals else words[at + 1]
