"""The terminal: whether the screen can be drawn on it, and in which colours."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from typing import Final, Literal

from grokterm.errors import TerminalError
from grokterm.view_options import Color, ViewOptions

Colors = Literal["truecolor", "256", "16", "none"]

_USE_TRAIN: Final = "use grokterm train, which needs no terminal"
_TEXTUAL: Final[dict[Color, str]] = {"truecolor": "truecolor", "256": "256", "16": "standard"}
_TRUECOLOR_TERMS: Final = ("direct", "truecolor", "kitty", "alacritty", "ghostty", "wezterm", "foot")


def check_terminal() -> None:
    """Makes sure that the screen can be drawn; raises TerminalError."""
    streams = {"standard input": sys.stdin, "standard output": sys.stdout, "standard error": sys.stderr}
    for name, stream in streams.items():
        if stream is None or not stream.isatty():
            raise TerminalError(f"the screen needs a terminal, and {name} is none: {_USE_TRAIN}")
    term = os.environ.get("TERM", "")
    if term in ("", "dumb", "unknown"):
        said = f"is {term}" if term else "is not set"
        raise TerminalError(f"the screen needs a terminal that can move its cursor, and TERM {said}: {_USE_TRAIN}")


def set_up(view: ViewOptions) -> None:
    """Tells Textual the colours; it reads them once, when it is imported."""
    if view.color == "none":
        os.environ["NO_COLOR"] = "1"
    elif view.color != "auto":
        os.environ.pop("NO_COLOR", None)
        os.environ["TEXTUAL_COLOR_SYSTEM"] = _TEXTUAL[view.color]


def colors_of(environment: Mapping[str, str]) -> tuple[Colors, str]:
    """The colours that `--color auto` comes to, and what decided it."""
    if environment.get("NO_COLOR"):
        return "none", "NO_COLOR is set"
    if environment.get("COLORTERM", "").strip().lower() in ("truecolor", "24bit"):
        return "truecolor", f"COLORTERM is {environment['COLORTERM'].strip()}"
    term = environment.get("TERM", "").strip().lower()
    ending = term.rpartition("-")[2]
    if ending in _TRUECOLOR_TERMS:
        return "truecolor", f"TERM is {term}"
    return ("256" if ending == "256color" else "16"), f"TERM is {term or 'not set'}"
