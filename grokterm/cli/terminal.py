"""The terminal: whether the screen can be drawn on it, and in which colours."""

from __future__ import annotations

import os
import sys
from typing import Final

from grokterm.errors import TerminalError
from grokterm.view_options import Color, ViewOptions

_USE_TRAIN: Final = "use grokterm train, which needs no terminal"
_TEXTUAL: Final[dict[Color, str]] = {"truecolor": "truecolor", "256": "256", "16": "standard"}


def check_terminal() -> None:
    """Makes sure that the screen can be drawn; raises TerminalError."""
    streams = {"standard input": sys.stdin, "standard output": sys.stdout, "standard error": sys.stderr}
    for name, stream in streams.items():
        if stream is None or not stream.isatty():
            raise TerminalError(f"the screen needs a terminal, and {name} is none: {_USE_TRAIN}")
    term = os.environ.get("TERM", "")
    if term in ("", "dumb", "unknown"):
        value = f"is {term}" if term else "is not set"
        raise TerminalError(f"the screen needs a terminal that can move its cursor, and TERM {value}: {_USE_TRAIN}")


def configure_textual(view: ViewOptions) -> None:
    """Sets the variables from which Textual reads the colours, once, when it is imported."""
    if view.color == "none":
        os.environ["NO_COLOR"] = "1"
    elif view.color != "auto":
        os.environ.pop("NO_COLOR", None)
        os.environ["TEXTUAL_COLOR_SYSTEM"] = _TEXTUAL[view.color]
