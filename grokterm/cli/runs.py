"""The table of runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import msgspec

from grokterm.cli.options import Values
from grokterm.cli.sanitize import sanitize, sanitize_json
from grokterm.errors import ConfigError, RunFolderError
from grokterm.number_format import age, percent, size
from grokterm.runs.emergence import Emergence, emergence
from grokterm.runs.folder import RunFolder, home_path, list_runs
from grokterm.runs.history import read_history
from grokterm.runs.summary import RunSummary, summarize

if TYPE_CHECKING:
    from rich.table import Table

_UNLIMITED: Final = 250
"""Columns of an output that is no terminal."""
_STYLES: Final = {"training": "green", "paused": "yellow", "diverged": "red", "failed": "red", "died": "red"}


class Column(NamedTuple):
    """A column of the table."""

    title: str
    rank: int
    """The highest is left out first where there is too little room; 0 stays."""
    text: Callable[[RunSummary], str]
    right: bool = False


COLUMNS: Final = (
    Column("run", 0, lambda run: run.id),
    Column("task", 6, lambda run: run.task),
    Column("architecture", 7, lambda run: run.architecture),
    Column("step", 0, lambda run: "" if run.step is None else f"{run.step:,}", right=True),
    Column("phase", 3, lambda run: run.phase),
    Column("train", 4, lambda run: percent(run.train_accuracy), right=True),
    Column("test", 2, lambda run: percent(run.test_accuracy), right=True),
    Column("state", 0, lambda run: run.state),
    Column("when", 5, lambda run: age(run.when), right=True),
    Column("size", 8, lambda run: size(run.size), right=True),
    Column("forked from", 9, lambda run: f"{run.parent.run} at {run.parent.step:,}" if run.parent else ""),
)
_GAP: Final = 2
_NAME: Final = 24
"""Cells of a run's name that matter more than further columns: its number comes first."""


def show(values: Values, as_json: bool) -> int:
    """Prints the runs, newest last; raises RunFolderError."""
    home = home_path(values.get("runs"))
    folders = list_runs(home)
    found = [summarize(folder) for folder in folders]
    if as_json:
        emerged = [msgspec.structs.asdict(_emergence(folder)) for folder in folders]
        rows = [asdict(run) | more for run, more in zip(found, emerged, strict=True)]
        print(sanitize_json(rows))
    elif not found:
        print(f"There is no run in {sanitize(str(home))} yet: start one with grokterm, or grokterm train.")
    else:
        _print_table(found)
    return 0


def _emergence(folder: RunFolder) -> Emergence:
    """What the whole log of a run tells of how it generalizes; nothing where it cannot be read."""
    try:
        return emergence(read_history(folder))
    except (RunFolderError, ConfigError):
        return Emergence()


def _print_table(found: list[RunSummary]) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False, width=None if sys.stdout.isatty() else _UNLIMITED)
    console.print(table(found, console.width))
    for run in found:
        if run.words:
            console.print(Text(sanitize(f"{run.id} {run.state}: {run.words}"), "yellow"), soft_wrap=True)


def table(found: list[RunSummary], width: int) -> Table:
    """The runs as a table of at most `width` cells, with the columns for which there is room and something to say."""
    from rich.table import Table
    from rich.text import Text

    cells = {c.title: [Text(sanitize(c.text(run)), _STYLES.get(c.text(run), "")) for run in found] for c in COLUMNS}
    wide = {title: max(len(title), *(text.cell_len for text in texts)) for title, texts in cells.items()}
    columns, longest = [c for c in COLUMNS if c.rank == 0 or any(map(str, cells[c.title]))], wide["run"]
    wide["run"] = min(longest, _NAME)
    while (spare := width + _GAP - sum(wide[c.title] + _GAP for c in columns)) < 0:
        last = max(columns, key=lambda column: column.rank)
        if last.rank == 0:
            break
        columns.remove(last)
    wide["run"] = max(8, min(longest, wide["run"] + spare))
    made = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for column in columns:
        justify: Literal["left", "right"] = "right" if column.right else "left"
        made.add_column(column.title, justify=justify, no_wrap=True, width=wide[column.title])
    for row in zip(*(cells[column.title] for column in columns), strict=True):
        made.add_row(*row)
    return made
