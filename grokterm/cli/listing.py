"""The table of runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from grokterm.cli.amounts import age, percent, size
from grokterm.cli.harmless import harmless
from grokterm.cli.options import Values
from grokterm.runs.folder import list_runs, runs_home
from grokterm.runs.summary import RunSummary, summarize

if TYPE_CHECKING:
    from rich.table import Table

_UNLIMITED: Final = 250
"""Columns of an output that is no terminal."""
_STYLES: Final = {"training": "green", "paused": "yellow", "not finite": "red", "failed": "red", "died": "red"}


class Column(NamedTuple):
    """A column of the table: shown where the terminal is at least `width` cells wide."""

    title: str
    width: int
    text: Callable[[RunSummary], str]
    right: bool = False


COLUMNS: Final = (
    Column("run", 0, lambda run: run.id),
    Column("task", 96, lambda run: run.task),
    Column("architecture", 112, lambda run: run.architecture),
    Column("step", 0, lambda run: "" if run.step is None else f"{run.step:,}", right=True),
    Column("phase", 64, lambda run: run.phase),
    Column("train", 84, lambda run: percent(run.train_accuracy), right=True),
    Column("test", 50, lambda run: percent(run.test_accuracy), right=True),
    Column("state", 40, lambda run: run.state),
    Column("when", 74, lambda run: age(run.when), right=True),
    Column("size", 120, lambda run: size(run.size), right=True),
)


def show(values: Values, as_json: bool) -> int:
    """Prints the runs, newest last; raises RunFolderError."""
    home = runs_home(values.get("runs"))
    found = [summarize(folder) for folder in list_runs(home)]
    if as_json:
        print(msgspec.json.encode([asdict(run) for run in found]).decode())
    elif not found:
        print(f"There is no run in {harmless(str(home))} yet: start one with grokterm, or grokterm train.")
    else:
        _print_table(found)
    return 0


def _print_table(found: list[RunSummary]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, width=None if sys.stdout.isatty() else _UNLIMITED)
    console.print(table(found, console.width))
    for run in found:
        if run.words:
            console.print(Text(f"{run.id} {run.state}: {harmless(run.words)}", "yellow"), soft_wrap=True)


def table(found: list[RunSummary], width: int) -> Table:
    """The runs as a table of at most `width` cells, with the columns for which there is room."""
    from rich.table import Table
    from rich.text import Text

    columns = [column for column in COLUMNS if width >= column.width]
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        # What is cut off when there is too little room is the end of the name.
        made.add_column(column.title, justify="right" if column.right else "left", no_wrap=True, overflow="ellipsis")
    for run in found:
        cells = [Text(harmless(column.text(run)), _STYLES.get(column.text(run), "")) for column in columns]
        made.add_row(*cells)
    return made
