"""The terminal's encoding as the environment names it, whatever Python makes of it.

Under LC_ALL=C Python uses UTF-8 all the same (PEP 540), and under LANG=C it sets LC_CTYPE to C.UTF-8 besides
(PEP 538): what it reads and writes then is UTF-8, and the terminal knows nothing of that.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

from grokterm.output import is_utf8

_COERCED: Final = ("C.UTF-8", "C.utf8", "UTF-8")
"""What Python sets LC_CTYPE to."""
_STARTED_WITH: Final = Path("/proc/self/environ")
"""On Linux, the environment as it was when this process began."""


class TerminalLocale(NamedTuple):
    """The locale of characters by the first variable that is set, in the order of POSIX."""

    words: str
    is_utf8: bool


def terminal_locale(environment: Mapping[str, str]) -> TerminalLocale:
    """The locale of characters that the environment names."""
    values = {name: environment.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG")}
    if not values["LC_ALL"] and values["LC_CTYPE"] in _COERCED:
        values["LC_CTYPE"] = _given_ctype(values["LC_CTYPE"], environment)
    for name, value in values.items():
        if value:
            encoding = value.rpartition(".")[2].partition("@")[0]
            return TerminalLocale(f"{name}={value}", is_utf8(encoding))
    return TerminalLocale(f"{', '.join(values)} not set", False)


def _given_ctype(now: str, environment: Mapping[str, str]) -> str:
    """LC_CTYPE as this process was given it; empty where Python has set it."""
    try:
        given = _STARTED_WITH.read_bytes().split(b"\0")
    except OSError:
        return "" if sys.flags.utf8_mode and "PYTHONUTF8" not in environment else now
    name = b"LC_CTYPE="
    return next((entry[len(name) :].decode(errors="replace") for entry in given if entry.startswith(name)), "")
