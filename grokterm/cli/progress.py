"""What a training without a screen prints: one live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Protocol, TextIO

from grokterm.cli.goal import goal_progress, reached
from grokterm.cli.sanitize import sanitize
from grokterm.number_format import percent
from grokterm.runs.history import History
from grokterm.wire.records import Change, Event, Record, Session

if TYPE_CHECKING:
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

LINE_SECONDS: Final = 1.0
"""Seconds from one plain line to the next."""
_BAR: Final = 24
_SHOWN_SESSIONS: Final = ("paused", "resumed", "noted")


class ProgressLine(Protocol):
    """Shows how far a run is."""

    def show(self, history: History, records: list[Record]) -> None:
        """Shows the history after the records that are new in it."""


@contextmanager
def progress_to(out: TextIO, run: str) -> Iterator[ProgressLine]:
    """Shows progress on `out`, and at the end how the run ended."""
    if not out.isatty():
        yield PlainLines(out, run)
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(file=out, highlight=False)
    with Live(console=console, transient=True, refresh_per_second=8, redirect_stdout=False) as live:
        yield LiveLine(console, live, run)


class PlainLines:
    """A line at each event and about every second."""

    def __init__(self, out: TextIO, run: str) -> None:
        self._out = out
        self._next = 0.0
        self._say(f"run {run}")

    def show(self, history: History, records: list[Record]) -> None:
        """Prints what is due."""
        for words in event_lines(records, history.config.on_trouble == "rewind"):
            self._say(words)
        if history.last and time.monotonic() >= self._next and any(r.step == history.last.step for r in records):
            self._next = time.monotonic() + LINE_SECONDS
            self._say(measures(history))
        if ended := end_words(history, records):
            self._say(ended)

    def _say(self, words: str) -> None:
        print(sanitize(words), file=self._out, flush=True)


class LiveLine:
    """One line that changes in place; events are printed above it."""

    def __init__(self, console: Console, live: Live, run: str) -> None:
        self._console = console
        self._live = live
        self._say(f"run {run}")

    def show(self, history: History, records: list[Record]) -> None:
        """Redraws the line."""
        for words in event_lines(records, history.config.on_trouble == "rewind"):
            self._say(words)
        if history.last:
            self._live.update(self._line(history))
        if ended := end_words(history, records):
            self._say(ended)

    def _say(self, words: str) -> None:
        from rich.text import Text

        self._console.print(Text(sanitize(words)), soft_wrap=True)

    def _line(self, history: History) -> Text:
        from rich.text import Text

        full = round(goal_progress(history).share * _BAR)
        line = Text(no_wrap=True, overflow="ellipsis")
        line.append(f"{history.phase:<12} ", "bold")
        line.append("━" * full, "green").append("─" * (_BAR - full), "dim")
        return line.append(f"  {measures(history)}")


def measures(history: History) -> str:
    """Step, rate, accuracies and seconds as one line."""
    last = history.last
    if last is None:
        return "starting"
    rate = goal_progress(history).steps_per_second
    return (
        f"step {last.step:,} · {rate:,.0f}/s · train {percent(last.train_accuracy)} · "
        f"test {percent(last.test_accuracy)} · {history.phase} · {last.seconds:.1f} s"
    )


def event_lines(records: list[Record], rewinds: bool = False) -> list[str]:
    """A line for each event, change and pause among the records; with `rewinds` training goes on behind them all."""
    if not rewinds and any(isinstance(record, Event) and record.name == "not_finite" for record in records):
        return []  # training ends with these very words
    shown = [
        r for r in records if isinstance(r, Event | Change) or (isinstance(r, Session) and r.name in _SHOWN_SESSIONS)
    ]
    return [f"step {record.step:,}: {record.words}" for record in shown]


def end_words(history: History, records: list[Record]) -> str:
    """How training ended, if it did among these records: finished at its target or at its limit."""
    if not any(isinstance(r, Session) and r.name == "finished" for r in records) or history.last is None:
        return ""
    last = history.last
    rate = last.step / last.seconds if last.seconds else 0.0
    how = "target reached" if reached(history) else "step limit reached"
    return (
        f"{how} at step {last.step:,}: {history.phase}, train {percent(last.train_accuracy)}, "
        f"test {percent(last.test_accuracy)}, {last.seconds:.1f} s, {rate:,.0f} steps/s"
    )
