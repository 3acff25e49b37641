"""Every option of a run and of the screen: how it is written, what help says about it, and how it is read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from grokterm.config import Config, Value, choices, field_type, parse, settings
from grokterm.errors import ConfigError
from grokterm.news import notify_command
from grokterm.spelling import option_name, unknown
from grokterm.tasks.operations import rule_of
from grokterm.view_options import ViewOptions

Values = dict[str, Any]
"""Settings by name, as `Config`, `ViewOptions`, `--runs` and `--notify` take them."""

UNLIMITED: Final = 10**12
"""Default of `max_steps`: more steps than any run has."""


@dataclass(frozen=True, slots=True)
class Option:
    """One option of the command line, which is also a key of config.toml."""

    name: str
    group: str
    words: str
    metavar: str
    default: str
    choices: tuple[str, ...] = ()
    """All values that it accepts; empty where it accepts numbers or free text as well."""
    aliases: tuple[str, ...] = ()

    @property
    def spelling(self) -> str:
        """As written on the command line: --train-fraction."""
        return option_name(self.name)


def run_options() -> dict[str, Option]:
    """The options made from `Config`, with those of the plugins that are loaded, by name, in order."""
    start, plain = Config.starting().as_dict(), Config().as_dict()
    return {
        name: Option(
            name=name,
            group=setting.group,
            words=setting.help.replace("`", ""),
            metavar=_metavar(name),
            default=_default(start[name], plain[name]),
            choices=choices(name) if get_origin(field_type(name)) is Literal else (),
            aliases=setting.aliases,
        )
        for name, setting in settings().items()
    }


@cache
def view_options() -> dict[str, Option]:
    """The options made from `ViewOptions`, by name, in order."""
    view = ViewOptions()
    return {
        name: Option(
            name=name,
            group=setting.group,
            words=setting.help,
            metavar="NAME" if name == "theme" else "NUMBER" if name == "fps" else "WORD",
            default=shown(getattr(view, name)),
            choices=_view_choices(name),
        )
        for name, setting in settings(ViewOptions).items()
    }


@cache
def folder_option() -> Option:
    """The option --runs."""
    words = "Folder of the runs; also set by $GROKTERM_HOME."
    return Option("runs", "Run", words, "FOLDER", "the user's data folder")


@cache
def notify_option() -> Option:
    """The option --notify."""
    words = (
        "What tells you when it has memorized, grokked, is in trouble or ends: bell, osc9 (a notification of the "
        "terminal), or a command, run without a shell, with the news as JSON on its standard input."
    )
    return Option("notify", "Run", words, "WORD|COMMAND", "nothing")


def read(given: Mapping[str, str | None]) -> Values:
    """The values of the options that were given; raises ConfigError."""
    return {name: read_one(name, text) for name, text in given.items() if text is not None}


def combined(defaults: Values, asked: Values) -> Values:
    """The defaults with what is asked for in their place; a group that is asked for brings a p of its own."""
    brings_p = "op" in asked and rule_of(asked["op"]).order is not None
    return {name: value for name, value in defaults.items() if not (brings_p and name == "p")} | asked


def read_one(name: str, text: str) -> Any:
    """The value of one option from its text; raises ConfigError."""
    if name in settings():
        return parse(name, text)
    if name == "runs":
        return Path(text).expanduser()
    if name == "notify":
        notify_command(text or " ")
        return text
    return _read_view(name, text.strip())


def step_number(option: str, text: str | None) -> int | None:
    """The step that an option names, 1200 or 1,200, if it was given; raises ConfigError."""
    if text is None:
        return None
    plain = text.strip().replace(",", "").replace("_", "")
    if not (plain.isdecimal() and plain.isascii() and len(plain) <= 15):
        raise ConfigError(f"{option} must be a step, 0 or above, not {text or 'nothing'}")
    return int(plain)


def columns_and_rows(
    text: str, smallest: tuple[int, int], largest: tuple[int, int], example: tuple[int, int]
) -> tuple[int, int]:
    """The columns and rows that --size gives, as 100x25; raises ConfigError."""
    columns, cross, rows = text.strip().lower().partition("x")
    if cross and all(number.isdecimal() and number.isascii() for number in (columns, rows)):
        size = int(columns[:6]), int(rows[:6])
        if all(low <= one <= high for low, one, high in zip(smallest, size, largest, strict=True)):
            return size
    low, high, such = (f"{columns}x{rows}" for columns, rows in (smallest, largest, example))
    raise ConfigError(f"--size must be COLUMNSxROWS from {low} to {high}, such as {such}, not {text or 'nothing'}")


def configuration(values: Mapping[str, Any]) -> Config:
    """The `Config` among the values; raises ConfigError."""
    return Config.starting({name: value for name, value in values.items() if name in settings()})


def view(values: Mapping[str, Any], base: ViewOptions | None = None) -> ViewOptions:
    """The `ViewOptions` among the values, the others from `base`."""
    known = {field.name: getattr(base or ViewOptions(), field.name) for field in fields(ViewOptions)}
    return ViewOptions(**{name: values.get(name, default) for name, default in known.items()})


def shown(value: object) -> str:
    """A default as help shows it: 1,000 and 0.98, words as they are."""
    if value == UNLIMITED:
        return "none"
    if isinstance(value, int):
        return f"{value:,}"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _default(start: Value, plain: Value) -> str:
    """What a new run begins with, and what it does where the architecture is none that has a value of its own."""
    return shown(start) if start == plain else f"{shown(start)}; {shown(plain)} in other architectures"


def _read_view(name: str, text: str) -> Any:
    allowed = _view_choices(name)
    if allowed and text not in allowed:
        raise ConfigError(unknown(name, text, list(allowed)))
    if name != "fps":
        return text
    fps_setting = settings(ViewOptions)["fps"]
    low, high = fps_setting.ge, fps_setting.le
    try:
        fps = float(text)
    except ValueError:
        fps = math.nan
    if not low <= fps <= high:
        raise ConfigError(f"--fps must be a number from {low:g} to {high:g}, not {text}")
    return fps


@cache
def _view_choices(name: str) -> tuple[str, ...]:
    hint = get_type_hints(ViewOptions)[name]
    return tuple(get_args(hint)) if get_origin(hint) is Literal else ()


def _metavar(name: str) -> str:
    hint = field_type(name)
    if get_origin(hint) is Literal:
        return "WORD"
    number = "NUMBER" if hint is float or float in get_args(hint) else "N"
    return "NAME" if hint is str else f"{number}|WORD" if choices(name) else number
