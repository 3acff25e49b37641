"""What keys do to the table of a sweep: conditions, order, groups, a baseline, files."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Protocol

from grokterm.errors import ConfigError, GroktermError
from grokterm.sweeps.conditions import ConditionError
from grokterm.tui.sweep.export import table_text
from grokterm.tui.sweep.panels import CellsPanel
from grokterm.tui.sweep.question import Question
from grokterm.tui.sweep.view import SweepView
from grokterm.tui.terminal.screenshot import save_screenshot, write_new


class TableHost(Protocol):
    """What the table's keys may ask of the screen."""

    view: SweepView
    cells: CellsPanel
    question: Question

    def ask(self) -> None:
        """Shows the line in which a condition is typed."""

    def stop_asking(self) -> None:
        """Puts that line away and goes to the table."""

    def picture(self) -> str:
        """The screen as SVG."""

    def say(self, text: str, meaning: str = "text") -> None:
        """Shows a remark for a moment."""

    def show(self) -> None:
        """Draws what changed."""


class TableControl:
    """The actions that concern the table."""

    def __init__(self, host: TableHost) -> None:
        self._host = host

    def filter(self) -> None:
        """Asks for a condition."""
        condition = self._host.view.listing.condition
        self._host.question.value = condition.text if condition else ""
        self._host.ask()

    def take(self, text: str) -> None:
        """Takes the condition that was typed, or says what is wrong with it and where."""
        try:
            self._host.view.listing.filter(text)
        except ConditionError as error:
            self._host.say(f"at character {error.place}: {error.words}", "error")
            return
        except ConfigError as error:
            self._host.say(str(error), "error")
            return
        self._host.stop_asking()

    def sort(self) -> None:
        """Sorts by the next column that is seen."""
        listing = self._host.view.listing
        listing.sort(self._host.cells.sortable)
        at = listing.sorted_by
        self._host.say(f"sorted by {listing.fields()[at].title}" if at >= 0 else "in the order of the plan")
        self._host.show()

    def turn(self) -> None:
        """Sorts the other way round."""
        self._host.view.listing.turn()
        self._host.show()

    def group(self) -> None:
        """Pools the lines over the next axis."""
        view = self._host.view
        view.listing.group(view.table, view.following.training)
        self._host.say(view.listing.group_words)
        self._host.show()

    def baseline(self) -> None:
        """Gives ratios to the line of the cell under the cursor."""
        listing, entry = self._host.view.listing, self._host.cells.entry
        if entry is None:
            self._host.say("go to a line of the table first")
            return
        listing.mark_baseline(entry)
        base = listing.baseline_entry
        said = "no ratios" if base is None else "ratios are to the marked line"
        if base is not None and not math.isfinite(steps := base.measure("steps")):
            why = "never groks" if math.isinf(steps) else "has no run that ended"
            said = f"the marked line {why}: there are no ratios of steps to it"
        self._host.say(said)
        self._host.show()

    def export(self) -> None:
        """Writes the table and the screen, and says where they are."""
        folder = self._host.view.following.folder
        name, folders = f"grokterm-{folder.id}", [Path.cwd(), folder.path]
        try:
            table = write_new(table_text(self._host.view.listing), name, "csv", folders, "table")
            picture = save_screenshot(self._host.picture(), name, folders)
        except GroktermError as error:
            self._host.say(str(error), "error")
            return
        self._host.say(f"exported {table} and {picture.name}", "accent")
