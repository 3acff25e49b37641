"""The table of runs."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import asdict
from typing import TYPE_CHECKING, Final, Literal, NamedTuple

import msgspec

from grokterm.cli.options import Values
from grokterm.cli.sanitize import sanitize, sanitize_json
from grokterm.cli.selection import Selection, emerged
from grokterm.number_format import age, percent, size
from grokterm.runs.folder import home_path, list_runs
from grokterm.runs.summary import RunSummary

if TYPE_CHECKING:
    from rich.table import Table

_UNLIMITED: Final = 250
"""Columns of an output that is no terminal."""
_STYLES: Final = {"training": "green", "paused": "yellow", "diverged": "red", "failed": "red", "died": "red"}


_NOTE: Final = 40
"""Characters of a note that are shown; grokterm note prints all of it."""
EVERYTHING: Final = Selection()


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
    Column("tags", 10, lambda run: " ".join(run.tags)),
    Column("note", 11, lambda run: run.note if len(run.note) <= _NOTE else f"{run.note[: _NOTE - 1]}…"),
)
_GAP: Final = 2
_NAME: Final = 24
"""Cells of a run's name that matter more than further columns: its number comes first."""


def show(values: Values, as_json: bool, selection: Selection = EVERYTHING) -> int:
    """Prints the runs, newest last unless sorted otherwise; raises RunFolderError, ConfigError."""
    home = home_path(values.get("runs"))
    folders = list_runs(home)
    chosen = selection.of(folders)
    if as_json:
        print(sanitize_json([asdict(run) | msgspec.structs.asdict(emerged(folder)) for folder, run in chosen]))
    elif not folders:
        print(f"There is no run in {sanitize(str(home))} yet: start one with grokterm, or grokterm train.")
    elif not chosen:
        print(f"No run of {len(folders):,} in {sanitize(str(home))} fits.")
    else:
        _print_table([run for _, run in chosen])
    return 0


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
