"""The curves of the rows that have some, as charts under the table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TextIO

from rich.text import Text

from grokterm.bench.row import Row
from grokterm.chart import Look, console_on, draw_chart, graph_on

_LINES: Final = 12
"""Lines of a chart with its axes."""


def print_curves(rows: Sequence[Row], out: TextIO) -> None:
    """Prints a chart for all rows of a family, that of the last of them; raises TerminalError without plotext."""
    console, graph = console_on(out), graph_on(out, "braille")
    last = {row.name.partition(",")[0]: row for row in rows if row.curves}
    for family, row in last.items():
        look = Look(min(console.width, 80), _LINES, graph, console.color_system is not None, percent=True)
        legend = Text()
        for name, curve in row.curves.items():
            key = Text("━" if look.colors and graph != "ascii" else curve.letter, curve.color)
            legend.append("  ").append_text(key).append(f" {name}")
        console.print()
        console.print(Text().append(f"{family}: test accuracy over steps, seed 0", "bold"))
        console.print(draw_chart(list(row.curves.values()), look), no_wrap=True)
        console.print(legend)
