"""A command line that only starts the screen, read directly: `grokterm --p 97 --arch=mlp`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from grokterm.cli.plugins import PLUGIN
from grokterm.config import settings
from grokterm.presets import PRESETS
from grokterm.spelling import option_name
from grokterm.view_options import ViewOptions


def screen_options(words: Sequence[str]) -> dict[str, str] | None:
    """The text of each option by its name, `preset` among them, where every word is an option or its value.

    None where anything else is said, as a command, `--help` or something wrong: cyclopts reads that, and explains it.
    """
    own = ("preset", "runs", "notify", *settings(), *(field.name for field in fields(ViewOptions)))
    names = {option_name(name): name for name in own}
    names |= {"--" + alias: name for name, setting in settings().items() for alias in setting.aliases}
    given: dict[str, str] = {}
    rest = iter(words)
    for word in rest:
        spelling, equals, text = word.partition("=")
        name, value = names.get(spelling), text if equals else next(rest, "")
        if spelling == PLUGIN and value and not value.startswith("-"):  # loaded already
            continue
        if name is None or name in given or not value or value.startswith("-"):
            return None
        given[name] = value
    return given if given.get("preset", next(iter(PRESETS))) in PRESETS else None
