"""`grokterm rm`: shows what would go, asks, and removes it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Final, TypeVar

from grokterm.cli.options import Values
from grokterm.cli.sanitize import sanitize
from grokterm.cli.usage import UsageError
from grokterm.number_format import size
from grokterm.runs.folder import RunFolder, find_run, home_path
from grokterm.sweeps.folder import SweepFolder, find_sweep, names_sweep

Folder = TypeVar("Folder", RunFolder, SweepFolder)

DECLINED: Final = 1
"""Exit status when nothing was removed because the answer was not yes."""


def remove(names: Sequence[str], sure: bool, values: Values) -> int:
    """Removes runs for good, after a question unless `sure`; raises GroktermError before any was removed."""
    if not names:
        raise UsageError("rm needs a run: see grokterm rm --help")
    home = home_path(values.get("runs"))
    sweeps = _unique(find_sweep(name, home) for name in names if names_sweep(name, home))
    folders = _unique(find_run(name, home) for name in names if not names_sweep(name, home))
    from grokterm.runs.removal import check_removable, remove_run
    from grokterm.sweeps.removal import check_removable as check_sweep
    from grokterm.sweeps.removal import remove_sweep

    for folder in folders:
        check_removable(folder)
    for sweep in sweeps:
        check_sweep(sweep)
    if not sure and not _is_agreed(folders, sweeps):
        print("nothing is removed")
        return DECLINED
    for folder in folders:
        remove_run(folder)
        print(sanitize(f"{folder.id} is removed"))
    for sweep in sweeps:
        remove_sweep(sweep)
        print(sanitize(f"{sweep.id} is removed"))
    return 0


def _unique(folders: Iterable[Folder]) -> list[Folder]:
    return list({folder.path: folder for folder in folders}.values())


def _is_agreed(folders: Sequence[RunFolder], sweeps: Sequence[SweepFolder]) -> bool:
    """Shows what would go and asks; raises UsageError where nobody can answer."""
    from grokterm.runs.summary import summarize

    if not sys.stdin.isatty():
        raise UsageError("rm asks before it removes, and standard input is no terminal: give --yes")
    summaries = [summarize(folder) for folder in folders]
    for run in summaries:
        steps = "damaged" if run.step is None else f"{run.step:,} steps"
        phase = f", {run.phase}" if run.phase else ""
        print(sanitize(f"{run.id}  {steps}{phase}, {size(run.size)}"))
    for sweep in sweeps:
        print(sanitize(f"{sweep.id}  {size(_size(sweep))}"))
    counts = [(len(folders), "run"), (len(sweeps), "sweep")]
    whole = size(sum(run.size for run in summaries) + sum(map(_size, sweeps)))
    what = f"these {_counted(counts)}, {whole}," if len(folders) + len(sweeps) > 1 else f"this {_counted(counts, 0)}"
    try:
        answer = input(f"Remove {what} for good? [y/N] ")
    except EOFError:
        print()
        return False
    return answer.strip().lower() in ("y", "yes")


def _counted(counts: Sequence[tuple[int, str]], least: int = 1) -> str:
    """2 runs and 1 sweep; the kind alone with a `least` of 0."""
    words = [f"{count} {kind}{'s' if count > 1 else ''}" if least else kind for count, kind in counts if count]
    return " and ".join(words)


def _size(sweep: SweepFolder) -> int:
    """Bytes of the files of a sweep."""
    return sum(path.lstat().st_size for path in sweep.path.iterdir())
