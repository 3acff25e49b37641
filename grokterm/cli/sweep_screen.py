"""The screen of a sweep: draws it until it is left, trains cells as full runs, and comes back."""

from __future__ import annotations

import sys

from grokterm.cli.options import Values, view
from grokterm.cli.sanitize import sanitize
from grokterm.cli.sweep_cell import open_run
from grokterm.cli.terminal import check_terminal
from grokterm.cli.watch import prepare, runs_option
from grokterm.errors import RunFolderError
from grokterm.loading import without_garbage_collection
from grokterm.runs.process import stop_trainer, trainer_alive
from grokterm.sweeps.folder import SweepFolder, find_sweep
from grokterm.sweeps.plan import Plan

STOPPING_SECONDS = 20.0
"""That a sweep may take to end softly before the shell is given back."""


def check_screen(values: Values) -> None:
    """Makes sure that a sweep can be drawn here; raises GroktermError."""
    check_terminal()
    prepare(view(values))


def attach_sweep(name: str, values: Values) -> int:
    """Watches the sweep called `name`; no coordinator is started. Raises GroktermError."""
    from grokterm.runs.folder import home_path

    check_screen(values)
    folder = find_sweep(name, home_path(values.get("runs")))
    return watch(folder, folder.plan(), values)


def watch(folder: SweepFolder, plan: Plan, values: Values) -> int:
    """Draws a sweep until it is left, and between times the runs that are opened; the exit status."""
    from grokterm.tui.terminal.output import write_in_time

    with without_garbage_collection():
        from grokterm.tui.sweep.app import Kept, watch_sweep

    kept: Kept | None = None
    remark = ""
    while True:
        left = watch_sweep(folder, view(values), remark, kept)
        if left.how != "open" or left.run is None:
            break
        kept = left.kept
        _, remark = open_run(folder, plan, plan.run(left.run), values)
    if left.how == "lost":
        raise RunFolderError(left.details)
    if left.how == "stopped":
        stop_trainer(folder.process_folder, STOPPING_SECONDS)
    words = _words(folder, left.how, left.details) + runs_option(values)
    write_in_time(sys.stdout.fileno(), sanitize(words) + "\n")
    return left.exit_status


def _words(folder: SweepFolder, how: str, details: str) -> str:
    """One line for the shell: what goes on, and how to come back."""
    name = folder.short_id
    alive = trainer_alive(folder.process_folder)
    if how == "crashed":
        return f"the viewer failed: {details}; come back with: grokterm attach {name}"
    if how == "stopped":
        state = "is still ending" if alive else "is stopped"
        return f"{folder.id} {state}; go on with: grokterm sweep --resume {name}"
    return f"{folder.id} {'trains on' if alive else 'is kept'}; come back with: grokterm attach {name}"
