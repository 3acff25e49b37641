"""The rows as a table for people, a line at a time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from rich.text import Text

from grokterm.bench.row import Row

HEADINGS: Final = ("name", "ours", "the other", "ratio", "of", "goal", "held")
WIDTHS: Final = (20, 13, 15, 8, 2, 7, 8)
"""Columns of each; one that is longer shifts what follows it."""
_TO_THE_RIGHT: Final = ("ours", "the other", "ratio", "of")


def heading() -> Text:
    """The names of the columns; `of` is how many times or seeds a median is taken over."""
    return Text(_line(HEADINGS), "bold")


def line(row: Row) -> Text:
    """Name, ours, the other, ratio, repetitions, goal, and whether it is held; or why the row was left out."""
    if row.ours is None:
        return Text(f"{row.name:<{WIDTHS[0]}} left out: {row.why_left_out}", "dim")
    over, ours_over = "> " if row.at_least else "", "> " if row.ours_at_least else ""
    held = {True: "held", False: "not held", None: ""}[row.held]
    cells = (
        row.name,
        f"{ours_over}{_number(row.ours)} {row.unit}".strip(),
        "" if row.other is None else f"{over}{_number(row.other)} {row.unit}".strip(),
        "" if row.ratio is None else f"{over}{_number(row.ratio)}×",
        "" if row.repetitions is None else str(row.repetitions),
        row.goal.words if row.goal else "",
    )
    return Text(_line(cells)).append(f" {held}", {True: "green", False: "red", None: ""}[row.held])


def explanations(rows: Sequence[Row]) -> list[str]:
    """One line for each row that was measured: what was timed, and what else it showed."""
    return [
        f"{row.name}: {row.what}{''.join(_shown(name, value) for name, value in row.more.items())}"
        for row in rows
        if row.ours is not None
    ]


def _line(cells: Sequence[str]) -> str:
    padded = []
    for name, cell, width in zip(HEADINGS, cells, WIDTHS, strict=False):
        padded.append(f"{cell:>{width}}" if name in _TO_THE_RIGHT else f"{cell:<{width}}")
    return " ".join(padded)


def _shown(name: str, value: float | str) -> str:
    return f"; {name} {value if isinstance(value, str) else _number(value)}"


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"
