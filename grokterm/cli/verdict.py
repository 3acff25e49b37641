"""What a replay found, for people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from grokterm.cli.harmless import harmless

if TYPE_CHECKING:
    from grokterm.replay.report import Circumstance, Difference, Report

_DIFFERS: Final = "red"
_AGREES: Final = "green"
_GAP: Final = 3


def print_report(report: Report) -> None:
    """Prints what was compared, on what it was trained then and now, and the verdict."""
    console = Console(highlight=False, soft_wrap=True)
    head = f"{report.run}, trained again to step {report.to:,} in {report.seconds:.1f} s"
    console.print(Text(harmless(head), "bold"))
    console.print()
    console.print(_counts(report))
    console.print()
    console.print(_circumstances(report))
    console.print()
    for line in verdict(report):
        console.print(Text(harmless(line), _AGREES if report.agrees else _DIFFERS))


def verdict(report: Report) -> list[str]:
    """The verdict, a sentence a line."""
    if report.agrees:
        return ["Every record and every checkpoint agrees, bit by bit."]
    lines = list(report.unusable)
    if report.ended:
        lines.append(f"It ended early: {report.ended}.")
    if report.first:
        lines.append(f"It differs first {_place(report.first)}.")
    if report.largest and report.largest != report.first:
        lines.append(f"It differs most {_place(report.largest)}.")
    changed = [found for found in report.circumstances if not found.same and found.then]
    if changed:
        names = ", ".join(found.name for found in changed)
        lines.append(f"Not as it was: {names}; the same bits need the same.")
    pending_changes = [wish for found in changed if (wish := _wish(found))]
    if pending_changes:
        lines.append(f"Try it as it was: {' '.join(pending_changes)} grokterm replay {report.run}")
    return lines


def _wish(found: Circumstance) -> str:
    """The environment in which a run is trained as it was, where that can be asked for."""
    if found.name == "threads" and len(found.then) == 1:
        return f"OMP_NUM_THREADS={found.then[0]}"
    return "GROKTERM_KERNELS=0" if found.name == "kernels" and found.then == ("none",) else ""


def _place(difference: Difference) -> str:
    what = "in the log" if difference.where == "log" else "in the checkpoint"
    by = f" (by {difference.by:.3g})" if difference.by is not None and difference.where == "log" else ""
    return f"{what} at step {difference.step:,}: {difference.words}{by}"


def _table(*titles: str, numbers: bool = False) -> Table:
    made = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for column, title in enumerate(titles):
        made.add_column(title, justify="right" if numbers and column else "left")
    return made


def _counts(report: Report) -> Table:
    table = _table("", "compared", "differ", numbers=True)
    for name, tally in {"log records": report.records, "checkpoints": report.checkpoints}.items():
        style = _DIFFERS if tally.differ else _AGREES
        table.add_row(name, f"{tally.compared:,}", Text(f"{tally.differ:,}", style))
    return table


def _circumstances(report: Report) -> Table:
    table = _table("", "then", "now")
    for found in report.circumstances:
        style = "" if found.same or not found.then else "yellow"
        then = harmless(", then ".join(found.then)) or "not known"
        table.add_row(found.name, Text(then, style), Text(harmless(found.now), style))
    return table
