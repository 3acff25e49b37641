"""The panels of a sweep that have a cursor or follow it: phase diagram, curves of a cell, table of cells."""

from __future__ import annotations

import time
from collections.abc import Hashable, Sequence
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.strip import Strip

from grokterm.number_format import counted
from grokterm.sweeps.summaries import SUMMARY
from grokterm.tui.drawing.message import draw_message
from grokterm.tui.panes.panel import Panel
from grokterm.tui.sweep.diagram import draw_diagram, frame_of
from grokterm.tui.sweep.fields import Entry
from grokterm.tui.sweep.seeds import draw_seeds
from grokterm.tui.sweep.sheet import columns_seen, draw_sheet_of
from grokterm.tui.sweep.view import SweepView
from grokterm.tui.sweep.words import settings_words

_STRIDE: Final = 10
"""Lines of a page of the table, at least."""
_SUMMING: Final = 20.0
"""How many times as long as curves took passes until those of runs that ended meanwhile are added."""


class Moved(Message):
    """The cursor is somewhere else."""


class SweepPanel(Panel):
    """A part of the screen that draws a `SweepView`; it redraws what changed and nothing else."""

    def __init__(self, view: SweepView, *, id: str) -> None:
        super().__init__(id=id)
        self.view = view
        self._drawn_from: Hashable = None

    def show(self) -> None:
        """Draws what changed since the last call."""
        view = self.view
        self.set_class(view.palette.depth != "truecolor", "-few-colors")
        width, height = self.content_size
        now = (width, height, view.palette, view.graph, self.watched())
        if width < 1 or height < 1 or now == self._drawn_from:
            return
        self._drawn_from = now
        strips = self.draw(width, height)
        self.live = tuple(self.live_texts())
        self.write_title()
        self.replace(strips)

    def redraw(self) -> None:
        """Draws again, whether or not something changed."""
        self._drawn_from = None
        self.show()

    def watched(self) -> Hashable:
        """What the drawing depends on, beside size and palette; equal values draw nothing."""
        raise NotImplementedError

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """The panel's lines, each `width` cells."""
        raise NotImplementedError

    def live_texts(self) -> Sequence[Content]:
        """What stands at the right of the border, the longest first."""
        return []


class DiagramPanel(SweepPanel):
    """The phase diagram, with a cursor."""

    number = 1
    title = "Phase diagram"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left,h", "move(-1, 0)", show=False),
        Binding("right,l", "move(1, 0)", show=False),
        Binding("up,k", "move(0, -1)", show=False),
        Binding("down,j", "move(0, 1)", show=False),
        Binding("home", "move(-1000, 0)", show=False),
        Binding("end", "move(1000, 0)", show=False),
        Binding("pageup", "move(0, -5)", show=False),
        Binding("pagedown", "move(0, 5)", show=False),
    ]

    def watched(self) -> Hashable:
        """The cells, how they are looked at, and the cursor."""
        return self.view.version, self.view.look, self.view.cursor

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """The diagram."""
        view = self.view
        return draw_diagram(
            view.tiles, view.x_shown, view.y_shown, view.coloring, view.cursor, width, height, view.graph, view.palette
        )

    def live_texts(self) -> Sequence[Content]:
        """The measure, and what becomes of further axes."""
        measure = SUMMARY[self.view.measure]
        further = self.view.further_words()
        ways = ([measure.words, *further], [measure.words.split(",")[0], *further], [measure.short, *further], further)
        return [Content.styled(" · ".join(way), "$muted") for way in (*ways, [measure.short], [])]

    def action_move(self, across: int, down: int) -> None:
        """Moves the cursor by tiles as they are seen: down is down."""
        shown = self.view.y_shown
        up = -down if shown is not None and shown.rises else down
        column, row = self.view.cursor
        self.view.go_to(column + across, row + up)
        self.post_message(Moved())

    def on_click(self, event: events.Click) -> None:
        """Puts the cursor on the tile that was clicked."""
        view = self.view
        at = event.get_content_offset(self)
        width, height = self.content_size
        if at is None or width < 1 or height < 1:
            return
        frame = frame_of(view.x_shown, view.y_shown, view.cursor, width, height)
        tile = frame.tile_at(at.x, at.y)
        if tile is not None:
            view.go_to(*tile)
            self.post_message(Moved())


class CurvesPanel(SweepPanel):
    """The curves of the cell under the cursor."""

    number = 2
    title = "Curves"

    def __init__(self, view: SweepView, *, id: str) -> None:
        super().__init__(view, id=id)
        self._asked: tuple[Hashable, ...] | None = None
        self._next = 0.0
        """When runs that ended meanwhile are summed up at the earliest, on the monotonic clock."""
        self._drawn = self._summed = self._all = 0
        """Curves that are drawn, those that the band is of, and runs that have one."""

    def watched(self) -> Hashable:
        """The cells under the cursor, and how many of their runs have ended."""
        tile = self.view.tile
        asked = (tile.cells, self.view.log_x)
        if self._asked is None or asked != self._asked[:2] or time.monotonic() >= self._next:
            self._asked = (*asked, tile.ended, tile.standing)
        return self._asked

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """The curves, or why there are none."""
        view = self.view
        began = time.monotonic()
        drawn = view.curves_here()
        self._drawn, self._summed, self._all = len(drawn.curves), drawn.bands.runs, drawn.runs
        if not drawn.curves:
            said = {
                "left out": "this cell is left out by --where",
                "running": "its runs train: curves come with a run's end",
                "failed": view.tile.reason or "its runs failed",
            }.get(view.tile.standing, "no run of this cell has ended yet")
            return draw_message(said, width, height, view.palette)
        strips = draw_seeds(drawn, view.log_x, width, height, view.graph, view.palette)
        self._next = time.monotonic() + _SUMMING * (time.monotonic() - began)
        return strips

    def named(self) -> str:
        """The cell, by its settings."""
        cells = self.view.tile.cells
        if not cells:
            return self.title
        if len(cells) > 1:
            return f"{self.title} of {len(cells)} cells"
        return settings_words(self.view.plan.cells[cells[0]].values)

    def live_texts(self) -> Sequence[Content]:
        """Which curves, and what the band is."""
        axis = "log steps" if self.view.log_x else "steps"
        tile = self.view.tile
        failed = [f"{tile.failed} failed"] if tile.failed else []
        because = [f"{tile.failed} failed: {tile.reason}"] if tile.failed else []
        what = [self._curves_words, "median, 10–90 %"] if self._summed > 1 else []
        ways = ([*because, *what, axis], [*failed, *what, axis], [*failed, *what[1:], axis], [*failed, axis])
        return [Content.styled(" · ".join(way), "$muted") for way in ways]

    @property
    def _curves_words(self) -> str:
        """How many runs the band is of, and how many are drawn where that is not all."""
        some = f" of {self._all:,}" if self._summed < self._all else ""
        drawn = f", {self._drawn} drawn" if self._drawn < self._summed else ""
        return f"{self._summed:,}{some} runs{drawn}"


class CellsPanel(SweepPanel):
    """The table of cells."""

    number = 3
    title = "Cells"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up,k", "move(-1)", show=False),
        Binding("down,j", "move(1)", show=False),
        Binding("pageup", "page(-1)", show=False),
        Binding("pagedown", "page(1)", show=False),
        Binding("home", "move(-1000000)", show=False),
        Binding("end", "move(1000000)", show=False),
    ]

    def __init__(self, view: SweepView, *, id: str) -> None:
        super().__init__(view, id=id)
        self._first = 0

    def watched(self) -> Hashable:
        """The lines, and the one that is lit."""
        listing = self.view.listing
        asked = (listing.pooled, listing.condition, listing.sorted_as, listing.falling, listing.baseline)
        return self.view.version, asked, self.view.chosen

    @property
    def present(self) -> int | None:
        """The line of the cell under the cursor; None where it is filtered out."""
        if self.view.chosen is None:
            return None
        key = self.view.listing.key_of(self.view.chosen)
        return next((at for at, entry in enumerate(self.view.listing.lines()) if entry.key == key), None)

    @property
    def entry(self) -> Entry | None:
        """What stands on that line."""
        at = self.present
        return None if at is None else self.view.listing.lines()[at]

    @property
    def sortable(self) -> int | None:
        """How many columns are seen, also when sorted by them; None where the table was not drawn yet."""
        width, height = self.content_size
        if width < 1 or height < 1:
            return None
        lines = self.view.listing.lines()[self._first : self._first + height - 1]
        fields = self.view.listing.fields()
        seen = [len(columns_seen(lines, fields, at, width)) > at for at in range(len(fields))]
        return sum(seen)

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """The lines around the one that is lit."""
        view, listing = self.view, self.view.listing
        lines = listing.lines()
        if not lines:
            return draw_message("no cell holds this condition: / changes it", width, height, view.palette)
        room, at = max(height - 1, 1), self.present
        if at is not None:
            self._first = min(max(self._first, at - room + 1), at)
        self._first = max(0, min(self._first, len(lines) - room))
        present = lines[at].key if at is not None else None
        return draw_sheet_of(
            lines, listing.fields(), self._first, present, listing.baseline, listing.sorted_by, listing.falling,
            width, height, view.graph, view.palette,
        )  # fmt: skip

    def live_texts(self) -> Sequence[Content]:
        """The filter, the grouping, and how many lines there are."""
        listing = self.view.listing
        count = counted(len(listing.lines()), "line")
        where = [listing.condition.text] if listing.condition else []
        ways = ([*where, listing.group_words, count], [*where, count], [count])
        return [Content.styled(" · ".join(way), "$muted") for way in ways]

    def action_move(self, stride: int) -> None:
        """Goes to another line, with the cursor of the diagram; lines of which all cells are held out are passed over.

        Where the line asked for is one of those, the nearest other one that way is taken.
        """
        lines, at = self.view.listing.lines(), self.present
        wanted = 0 if at is None else min(max(at + stride, 0), len(lines) - 1)
        ways = [line for line in range(len(lines)) if at is None or (line - at) * stride > 0]
        for line in sorted(ways, key=lambda line: abs(line - wanted)):
            seen = next((cell for cell in lines[line].tile.cells if self.view.tiles.place_of(cell) is not None), None)
            if seen is not None:
                self.view.choose(seen)
                self.post_message(Moved())
                return

    def action_page(self, stride: int) -> None:
        """Goes on by a page."""
        self.action_move(stride * max(self.content_size.height - 2, _STRIDE))

    def on_click(self, event: events.Click) -> None:
        """Goes to the line that was clicked."""
        at, present = event.get_content_offset(self), self.present
        if at is not None and at.y > 0 and self._first + at.y - 1 < len(self.view.listing.lines()):
            self.action_move(self._first + at.y - 1 - (present or 0))
