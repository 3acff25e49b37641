"""A command line that only starts the screen, read directly: `grokterm --p 97 --arch=mlp`."""

from __future__ import annotations

from collections.abc import Sequence

from grokterm.cli.options import folder_option, run_options, view_options
from grokterm.presets import PRESETS


def screen_options(words: Sequence[str]) -> dict[str, str] | None:
    """The text of each option by its name, `preset` among them, where every word is an option or its value.

    None where anything else is said, as a command, `--help` or something wrong: cyclopts reads that, and explains it.
    """
    names = {"--preset": "preset"}
    for option in (*run_options().values(), folder_option(), *view_options().values()):
        names |= dict.fromkeys((option.spelling, *("--" + alias for alias in option.aliases)), option.name)
    given: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        spelling, equals, text = word.partition("=")
        name, value = names.get(spelling), text if equals else next(rest, "")
        if name is None or name in given or not value or value.startswith("-"):
            return None
        given[name] = value
    return given if given.get("preset", next(iter(PRESETS))) in PRESETS else None
