"""`grokterm rm`: shows what would go, asks, and removes it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Final

from grokterm.cli.options import Values
from grokterm.cli.sanitize import sanitize
from grokterm.cli.usage import UsageError
from grokterm.number_format import size
from grokterm.runs.folder import RunFolder, find_run, home_path

DECLINED: Final = 1
"""Exit status when nothing was removed because the answer was not yes."""


def remove(names: Sequence[str], sure: bool, values: Values) -> int:
    """Removes runs for good, after a question unless `sure`; raises GroktermError before any was removed."""
    if not names:
        raise UsageError("rm needs a run: see grokterm rm --help")
    home = home_path(values.get("runs"))
    folders = list({folder.path: folder for folder in (find_run(name, home) for name in names)}.values())
    from grokterm.runs.removal import check_removable, remove_run

    for folder in folders:
        check_removable(folder)
    if not sure and not _is_agreed(folders):
        print("nothing is removed")
        return DECLINED
    for folder in folders:
        remove_run(folder)
        print(sanitize(f"{folder.id} is removed"))
    return 0


def _is_agreed(folders: Sequence[RunFolder]) -> bool:
    """Shows what would go and asks; raises UsageError where nobody can answer."""
    from grokterm.runs.summary import summarize

    if not sys.stdin.isatty():
        raise UsageError("rm asks before it removes, and standard input is no terminal: give --yes")
    summaries = [summarize(folder) for folder in folders]
    for run in summaries:
        steps = "damaged" if run.step is None else f"{run.step:,} steps"
        phase = f", {run.phase}" if run.phase else ""
        print(sanitize(f"{run.id}  {steps}{phase}, {size(run.size)}"))
    what = (
        "this run"
        if len(summaries) == 1
        else f"these {len(summaries)} runs, {size(sum(run.size for run in summaries))},"
    )
    try:
        answer = input(f"Remove {what} for good? [y/N] ")
    except EOFError:
        print()
        return False
    return answer.strip().lower() in ("y", "yes")
