"""`grokterm tour`: the chapters for newcomers, each a run on the screen, from where they were left."""

from __future__ import annotations

from grokterm.cli.notify import pass_on_notify
from grokterm.cli.options import Values, view
from grokterm.cli.terminal import check_terminal
from grokterm.cli.usage import UsageError
from grokterm.cli.watch import prepare, show
from grokterm.runs.folder import home_path
from grokterm.tour.chapters import CHAPTERS
from grokterm.tour.tour import Tour


def tour(chapter: str | None, again: bool, values: Values) -> int:
    """Goes on with the tour where it was left, or at a chapter; the exit status. Raises GroktermError."""
    number = _number(chapter)
    check_terminal()
    options = view(values)
    prepare(options)
    pass_on_notify(values)
    taken = Tour(home_path(values.get("runs")), CHAPTERS, again)
    folder = taken.open(number or taken.number, options)
    taken.stop_others(folder)
    return show(folder, options, values, tour=taken)


def _number(text: str | None) -> int | None:
    if text is None:
        return None
    plain = text.strip()
    if not (plain.isdecimal() and plain.isascii() and len(plain) <= 3 and 1 <= int(plain) <= len(CHAPTERS)):
        raise UsageError(f"the tour has chapters 1 to {len(CHAPTERS)}, not {text or 'nothing'}")
    return int(plain)
