"""The rows as a table for people."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table

from grokterm.bench.row import Row


def table(rows: Sequence[Row], machine: str) -> Table:
    """Name, ours, the other, ratio, goal, and whether it is held."""
    drawn = Table(title=machine, title_justify="left")
    drawn.add_column("name", no_wrap=True)
    for heading in ("ours", "the other", "ratio"):
        drawn.add_column(heading, justify="right", no_wrap=True)
    drawn.add_column("goal", no_wrap=True)
    drawn.add_column("held", no_wrap=True)
    for row in rows:
        held = {True: "[green]held[/]", False: "[red]not held[/]", None: ""}[row.held]
        over = "> " if row.at_least else ""
        drawn.add_row(
            row.name,
            f"{_number(row.ours)} {row.unit}".strip(),
            "" if row.other is None else f"{over}{_number(row.other)} {row.unit}".strip(),
            "" if row.ratio is None else f"{over}{_number(row.ratio)}×",
            row.goal.words if row.goal else "",
            held,
        )
    return drawn


def explanations(rows: Sequence[Row]) -> list[str]:
    """One line a row: what was timed, and what else it showed."""
    return [f"{row.name}: {row.what}{''.join(_shown(name, value) for name, value in row.more.items())}" for row in rows]


def _shown(name: str, value: float | str) -> str:
    return f"; {name} {value if isinstance(value, str) else _number(value)}"


def _number(value: float) -> str:
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.3g}"
