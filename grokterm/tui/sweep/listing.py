"""The table of a sweep: a line a cell, or a group of cells, with what its runs came to; sorted and filtered."""

from __future__ import annotations

from collections.abc import Collection

from grokterm.sweeps.conditions import Condition, Given, read_condition
from grokterm.sweeps.plan import Plan, kinds_of_settings, spellings_of_settings
from grokterm.sweeps.table import SweepTable
from grokterm.tui.sweep.fields import GIVEN, GIVEN_KINDS, Entry, Field, Key, fields_of, is_missing
from grokterm.tui.sweep.tiles import tile_of
from grokterm.tui.sweep.words import axis_name


class Listing:
    """The lines of the table as they are asked for; sums are made anew of cells that changed alone."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.pooled: int | None = None
        """The axis over which lines are pooled; None for a line a cell."""
        self.condition: Condition | None = None
        self.sorted_as = ""
        """The heading of the column; empty for the order of the plan."""
        self.falling = False
        self.baseline: Key | None = None
        self._entries: dict[Key, Entry] = {}
        self._lines: list[Entry] | None = None

    @property
    def names(self) -> list[str]:
        """The settings that lines have a value of."""
        axes = [axis for at, axis in enumerate(self.plan.axes) if at != self.pooled]
        return [name for axis in axes for name in axis.names]

    @property
    def group_words(self) -> str:
        """What lines are pooled over."""
        seeds = f"{self.plan.seeds} seeds" if self.plan.seeds > 1 else "one seed"
        return f"{seeds} a line" if self.pooled is None else f"pooled over {axis_name(self.plan.axes[self.pooled])}"

    def update(self, table: SweepTable, training: Collection[int], changed: Collection[int] | None = None) -> None:
        """Sums up the lines of the cells that changed, or all of them."""
        if changed is None or not self._entries:
            self._entries = {}
            groups: dict[Key, list[int]] = {}
            for cell in self.plan.cells:
                groups.setdefault(self.key_of(cell.number), []).append(cell.number)
        else:
            keys = {self.key_of(number) for number in changed}
            groups = {key: list(self._entries[key].tile.cells) for key in keys if key in self._entries}
        for key, cells in groups.items():
            values = self.plan.cells[cells[0]].values
            settings = {name: values[name] for name in self.names}
            self._entries[key] = Entry(key, settings, tile_of(tuple(cells), table, training))
        self._lines = None

    def key_of(self, cell: int) -> Key:
        """The line on which a cell stands."""
        point = self.plan.cells[cell].point
        return tuple(at for axis, at in enumerate(point) if axis != self.pooled)

    def lines(self) -> list[Entry]:
        """The lines that hold the condition, in their order."""
        if self._lines is None:
            found = [entry for entry in self._entries.values() if self._holds(entry)]
            self._lines = self._sorted(found)
        return self._lines

    def group(self, table: SweepTable, training: Collection[int]) -> None:
        """Pools over the next axis; after the last one a line is a cell again."""
        at = -1 if self.pooled is None else self.pooled
        self.pooled = at + 1 if at + 1 < len(self.plan.axes) else None
        self.baseline, self.sorted_as, self.falling = None, "", False
        self.update(table, training)

    def look_as(self, other: Listing) -> None:
        """Takes the grouping, condition, order and baseline of another one; its lines are to be summed up anew."""
        self.pooled, self.condition, self.baseline = other.pooled, other.condition, other.baseline
        self.sorted_as, self.falling = other.sorted_as, other.falling
        self._entries, self._lines = {}, None

    def filter(self, text: str) -> None:
        """Shows the lines alone for which a condition holds; all for an empty one. Raises ConfigError."""
        swept = {name: name for axis in self.plan.axes for name in axis.names}
        known = {name: name for name in GIVEN} | {"test": "test_accuracy"} | swept
        known |= {spelling: name for spelling, name in spellings_of_settings().items() if spelling not in GIVEN}
        kinds = kinds_of_settings() | GIVEN_KINDS
        self.condition = read_condition(text, known, kinds) if text.strip() else None
        self._lines = None

    @property
    def sorted_by(self) -> int:
        """The column by number; −1 for the order of the plan, also where the column went with its baseline."""
        return next((at for at, field in enumerate(self.fields()) if field.title == self.sorted_as), -1)

    def sort(self, seen: int | None = None) -> None:
        """Sorts by the next column of the first `seen`; after the last one lines stand in the order of the plan."""
        titles = [field.title for field in self.fields()][:seen]
        following = self.sorted_by + 1
        self.sorted_as = titles[following] if following < len(titles) else ""
        self._lines = None

    def turn(self) -> None:
        """Sorts the other way round."""
        self.falling = not self.falling
        self._lines = None

    def mark_baseline(self, entry: Entry | None) -> None:
        """Ratios are to this line; marked again, there are none."""
        self.baseline = None if entry is None or entry.key == self.baseline else entry.key
        self._lines = None  # ratios sort them, too

    @property
    def baseline_entry(self) -> Entry | None:
        """The line that ratios are to."""
        return self._entries.get(self.baseline) if self.baseline is not None else None

    def fields(self) -> list[Field]:
        """The columns: settings, what the runs came to, and ratios where there is a baseline."""
        return fields_of(self.names, self.baseline_entry)

    def _holds(self, entry: Entry) -> bool:
        if self.condition is None:
            return True
        return self.condition({**self.plan.base.as_dict(), **self._apart(entry), **entry.given})

    def _apart(self, entry: Entry) -> dict[str, Given]:
        """The settings of a line; those over which it is pooled have no value."""
        swept = {name for axis in self.plan.axes for name in axis.names}
        return {name: entry.settings.get(name) for name in swept}

    def _sorted(self, entries: list[Entry]) -> list[Entry]:
        if self.sorted_by < 0:
            return entries[::-1] if self.falling else entries
        field = self.fields()[self.sorted_by]
        known = [entry for entry in entries if not is_missing(field.value(entry))]
        missing = [entry for entry in entries if is_missing(field.value(entry))]
        words = any(isinstance(field.value(entry), str) for entry in known)
        known.sort(key=lambda entry: str(field.value(entry)) if words else field.value(entry), reverse=self.falling)
        return known + missing
