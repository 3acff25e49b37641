"""`grokterm guide`: a page of the guide on the terminal, or the list of pages."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from io import TextIOWrapper
from typing import TYPE_CHECKING, Final

from grokterm.guide import OVERVIEW, chapters, find_page, number_of, read_page

if TYPE_CHECKING:
    from rich.console import Console, RenderableType
    from rich.table import Table

WIDEST: Final = 88
"""Cells of a line at most: longer ones are hard to read."""
_ABOUT: Final = "`grokterm guide PAGE` prints one of them; in the viewer, `?` shows that of the open view."


def show(name: str | None) -> int:
    """Prints a page, or without a name all of them in order and how the overview begins; raises GuideError."""
    parts = list(_parts(name))
    console = _console()
    if console.is_terminal:
        # Without R less shows colours as escapes, without F it stays open for a page that fits.
        os.environ.setdefault("LESS", "-FRX")
        with console.pager(styles=True):
            console.print(*parts, sep="\n")
        return 0
    with console.capture() as text:
        console.print(*parts, sep="\n")
    print("\n".join(line.rstrip() for line in text.get().rstrip().splitlines()))
    return 0


def _parts(name: str | None) -> Iterator[RenderableType]:
    """What is printed, one below the other."""
    from grokterm.guide.drawing import PageMarkdown

    if name is not None:
        yield PageMarkdown(find_page(name).text)
        return
    yield PageMarkdown(f"# Pages\n\n{_ABOUT}\n")
    yield _list()
    yield PageMarkdown(f"\n---\n{read_page(OVERVIEW).beginning}\n\nIt goes on with `grokterm guide {OVERVIEW}`.")


def _list() -> Table:
    """A line a page: the number of its view, its name and what it tells."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(justify="right", min_width=4)
    table.add_column(no_wrap=True)
    table.add_column()
    for title, names in chapters().items():
        table.add_row("", "", "")
        table.add_row("", Text(title, style="markdown.h2"), "")
        for name in names:
            number = number_of(name)
            table.add_row(str(number or ""), Text(name, style="markdown.code"), Text(read_page(name).summary))
    return table


def _console() -> Console:
    from rich.console import Console

    from grokterm.guide.drawing import page_theme

    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # where there is no Σ
    console = Console(theme=page_theme(), highlight=False, markup=False)
    console.width = min(console.width, WIDEST)
    return console
