"""`grokterm tag` and `grokterm note`: what a person writes about a run."""

from __future__ import annotations

from collections.abc import Sequence

from grokterm.cli.options import Values
from grokterm.cli.sanitize import sanitize
from grokterm.cli.usage import UsageError
from grokterm.runs.folder import find_run, home_path
from grokterm.runs.notes import change_notes, read_notes


def tag(run: str, words: Sequence[str], remove: bool, values: Values) -> int:
    """Adds tags to a run or takes them away, and prints those that it has; raises GroktermError."""
    folder = find_run(run, home_path(values.get("runs")))
    if remove and not words:
        raise UsageError("tag --remove needs the tags that are to go: see grokterm tag --help")
    if not words:
        notes = read_notes(folder)
    elif remove:
        notes = change_notes(folder, lambda old: old.untagged(words))
    else:
        notes = change_notes(folder, lambda old: old.tagged(words))
    print(sanitize(f"{folder.id}: {' '.join(notes.tags) or 'no tags'}"))
    return 0


def note(run: str, words: Sequence[str], values: Values) -> int:
    """Writes the note of a run, removes it where the text is empty, or prints it; raises GroktermError."""
    folder = find_run(run, home_path(values.get("runs")))
    notes = change_notes(folder, lambda old: old.noted(" ".join(words))) if words else read_notes(folder)
    print(sanitize(f"{folder.id}: {notes.note or 'no note'}"))
    return 0
