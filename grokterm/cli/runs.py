"""The table of runs."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from grokterm.cli.options import Values
from grokterm.cli.sanitize import sanitize, sanitize_json
from grokterm.cli.selection import Listed, Selection
from grokterm.number_format import age, percent, size, spelled
from grokterm.runs.folder import home_path, list_runs
from grokterm.runs.index import RunIndex
from grokterm.runs.summary import RunSummary
from grokterm.sweeps.conditions import Given

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

_UNLIMITED: Final = 250
"""Columns of an output that is no terminal."""
_STYLES: Final = {"training": "green", "paused": "yellow", "diverged": "red", "failed": "red", "died": "red"}


_NOTE: Final = 40
"""Characters of a note that are shown; grokterm note prints all of it."""
EVERYTHING: Final = Selection()
_SAME: Final[Mapping[str, Callable[[float], str]]] = dict.fromkeys(
    ("train_accuracy", "train", "test_accuracy", "test"), percent
) | {"when": age, "size": size}
"""How columns are spelled that are no plain numbers."""


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
    folders, index = list_runs(home), RunIndex(home)
    chosen = selection.of(folders, index)
    if as_json:
        print(sanitize_json([_plain(listed, index, selection) for listed in chosen]))
    elif not folders:
        print(f"There is no run in {sanitize(str(home))} yet: start one with grokterm, or grokterm train.")
    elif not chosen:
        print(f"No run of {len(folders):,} in {sanitize(str(home))} fits.")
    elif selection.columns is not None:
        _print(columns_table(chosen, list(selection.shown())))
    else:
        _print_table([listed.summary for listed in chosen])
    index.save(folders)
    return 0


def _plain(listed: Listed, index: RunIndex, selection: Selection) -> dict[str, object]:
    """A run for programs: all that is known of it, or the columns that are asked for."""
    if selection.columns is not None:
        return dict(listed.values)
    return asdict(listed.summary) | msgspec.structs.asdict(index.emergence(listed.folder))


def columns_table(found: Sequence[Listed], names: Sequence[str]) -> Table:
    """The columns that are asked for, all of each."""
    from rich.table import Table
    from rich.text import Text

    made = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for name in names:
        numbers = any(isinstance(listed.values[name], (int, float)) for listed in found)
        made.add_column(sanitize(name), justify="right" if numbers else "left", no_wrap=True)
    for listed in found:
        made.add_row(*(Text(sanitize(_spelled(name, listed.values[name]))) for name in names))
    return made


def _spelled(name: str, value: Given) -> str:
    """A value of a column for people, as the table of all spells it."""
    if value is None:
        return ""
    column = _SAME.get(name)
    if isinstance(value, float) and column is not None:
        return column(value)
    return spelled(value)


def _console() -> Console:
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else _UNLIMITED)


def _print(made: Table) -> None:
    _console().print(made)


def _print_table(found: list[RunSummary]) -> None:
    from rich.text import Text

    console = _console()
    console.print(table(found, console.width))
    for run in found:
        if run.words:
            console.print(Text(sanitize(f"{run.id} {run.state}: {run.words}"), "yellow"), soft_wrap=True)


def table(found: list[RunSummary], width: int) -> Text:
    """The runs as a table of at most `width` cells, with the columns for which there is room and something to say."""
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
    made = Text(no_wrap=True, overflow="ignore", end="")
    _add_line(made, [(Text(column.title, "bold"), wide[column.title], column.right) for column in columns])
    for at in range(len(found)):
        made.append("\n")
        _add_line(made, [(cells[column.title][at], wide[column.title], column.right) for column in columns])
    return made


def _add_line(made: Text, cells: Sequence[tuple[Text, int, bool]]) -> None:
    """Adds a line of cells, each of a width, and to its right or left; a Table takes a second for thousands."""
    for at, (cell, width, right) in enumerate(cells):
        room = width - cell.cell_len
        if room < 0:
            cell.truncate(width, overflow="ellipsis")
        made.append(" " * room if right else "")
        made.append_text(cell)
        made.append(" " * (0 if right else room) + " " * _GAP if at < len(cells) - 1 else "")
