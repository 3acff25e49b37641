"""`grokterm replay`: trains a run again in a process of its own, and shows where it is not what was written."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from grokterm.cli.options import Values
from grokterm.cli.own_process import follow_process
from grokterm.cli.plugins import check_given
from grokterm.cli.sanitize import sanitize, sanitize_json
from grokterm.config.plugins import plugin_arguments
from grokterm.errors import TrainerError
from grokterm.replay.report import Progress, Report, decode_message
from grokterm.runs.folder import find_run, home_path

LINE_SECONDS: Final = 2.0
"""Seconds from one plain line of progress to the next."""
_REPORTED: Final = (0, 1)
"""Exit statuses of a replay that came to a report."""


def replay(name: str, to: int | None, as_json: bool, values: Values) -> int:
    """Replays a run and shows what came out: 0 where everything agrees, 1 where not; raises GroktermError."""
    folder = find_run(name, home_path(values.get("runs")))
    check_given(folder)
    folder.config()
    command = [sys.executable, "-P", "-m", "grokterm.replay", str(folder.path.absolute()), *plugin_arguments()]
    if to is not None:
        command += ["--to", str(to)]
    with _progress() as report_progress:
        report = _run(command, report_progress)
    if as_json:
        print(sanitize_json(report))
    else:
        from grokterm.cli.verdict import print_report

        print_report(report)
    return 0 if report.agrees else 1


def _run(command: list[str], report_progress: Callable[[Progress], None]) -> Report:
    """The report of a replay in a process of its own; raises TrainerError with its last words where there is none."""
    found: list[Report] = []

    def take(line: bytes) -> None:
        message = decode_message(line)
        if isinstance(message, Report):
            found.append(message)
        else:
            report_progress(message)

    status, words = follow_process(command, take)
    if found and status in _REPORTED:
        return found[-1]
    raise TrainerError(words or f"the replay ended with exit status {status}")


@contextmanager
def _progress() -> Iterator[Callable[[Progress], None]]:
    """Tells how far the replay is on standard error: a bar on a terminal, a line now and then elsewhere."""
    if not sys.stderr.isatty():
        yield _Lines().report_progress
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("repeating"), BarColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)

        def report_progress(message: Progress) -> None:
            bar.update(task, description=sanitize(_words(message)), completed=message.step, total=max(1, message.to))

        yield report_progress


class _Lines:
    """Progress as plain lines."""

    def __init__(self) -> None:
        self._next = time.monotonic() + LINE_SECONDS

    def report_progress(self, message: Progress) -> None:
        """Prints a line if the last one is old enough."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + LINE_SECONDS
            print(_words(message), file=sys.stderr, flush=True)


def _words(message: Progress) -> str:
    differ = f", {message.differ:,} differ" if message.differ else ""
    return f"step {message.step:,} of {message.to:,}{differ}"
