"""`grokterm doctor`: what decides how grokterm looks and runs here."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final

from grokterm.cli.checks import Check, Verdict, folder_checks, machine_checks, package_checks, terminal_checks
from grokterm.cli.defaults import read_defaults
from grokterm.cli.options import Values
from grokterm.cli.sanitize import sanitize
from grokterm.errors import ConfigError
from grokterm.output import is_utf8
from grokterm.version import __version__

if TYPE_CHECKING:
    from rich.console import Console

_MARKS: Final[dict[Verdict, tuple[str, str, str]]] = {
    "good": ("✓", "ok", "green"),
    "note": ("!", "!!", "yellow"),
    "missing": ("✗", "no", "red"),
}
"""Mark, mark without UTF-8, and style."""


def examine(given: Values) -> int:
    """Prints all checks; 0 when grokterm can run here, 1 when something it needs is missing."""
    from rich.console import Console

    try:
        own = read_defaults()
    except ConfigError:
        own = {}  # reported by its own check
    runs = (own | given).get("runs")
    console = Console(highlight=False, soft_wrap=True)
    console.print(f"grokterm {__version__}", style="bold")
    missing = 0
    sections: dict[str, Callable[[], list[Check]]] = {
        "Terminal": lambda: terminal_checks(os.environ),
        "Packages": package_checks,
        "Machine": machine_checks,
        "Folders": lambda: folder_checks(runs),
    }
    for title, look in sections.items():
        console.print(f"\n{title}", style="bold")
        checks = look()
        for check in checks:
            _print(console, check)
        missing += sum(check.verdict == "missing" for check in checks)
    words = "1 thing is missing" if missing == 1 else f"{missing} things are missing"
    console.print(f"\n{words}." if missing else "\ngrokterm can run here.", style="bold")
    return 1 if missing else 0


def _print(console: Console, check: Check) -> None:
    from rich.text import Text

    mark, plain, style = _MARKS[check.verdict]
    marks = mark if is_utf8(sys.stdout.encoding) else plain
    line = Text(f"  {marks} ", style)
    line.append(f"{check.name:<14}", "bold").append(sanitize(check.found))
    console.print(line)
    if check.advice:
        console.print(Text(f"    {'':<14}→ {sanitize(check.advice)}", style))
