"""The panels of a sweep that have a cursor or follow it: phase diagram, curves of a cell, table of cells."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar, Final

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.strip import Strip

from grokterm.sweeps.summaries import SUMMARY
from grokterm.tui.drawing.message import draw_message
from grokterm.tui.panes.panel import Panel
from grokterm.tui.sweep.diagram import draw_diagram, frame_of
from grokterm.tui.sweep.fields import Entry
from grokterm.tui.sweep.seeds import draw_seeds
from grokterm.tui.sweep.sheet import draw_sheet_of
from grokterm.tui.sweep.view import SweepView
from grokterm.tui.sweep.words import settings_words

_STRIDE: Final = 10
"""Lines of a page of the table, at least."""


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
        words = SUMMARY[self.view.measure].words
        further = self.view.further_words()
        long = " · ".join([words, *further])
        return [Content.styled(text, "$muted") for text in (long, ", ".join(further) or words.split(",")[0], "")]

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

    def watched(self) -> Hashable:
        """The cells under the cursor, and how many of their runs have ended."""
        tile = self.view.tile
        return tile.cells, tile.ended, tile.standing, self.view.log_x

    def draw(self, width: int, height: int) -> Sequence[Strip]:
        """The curves, or why there are none."""
        view = self.view
        drawn = view.curves_here()
        self._count = len(drawn.curves)
        if not drawn.curves:
            said = {
                "left out": "this cell is left out by --where",
                "running": "its runs train: curves come with a run's end",
                "failed": next((run.reason for run in view.runs_here() if run.reason), "its runs failed"),
            }.get(view.tile.standing, "no run of this cell has ended yet")
            return draw_message(said, width, height, view.palette)
        return draw_seeds(drawn, view.log_x, width, height, view.graph, view.palette)

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
        long = f"{self._count} runs, median and 10–90 % · {axis}" if self._count > 1 else axis
        return [Content.styled(text, "$muted") for text in (long, f"median, 10–90 % · {axis}", axis)]


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
        asked = (listing.pooled, listing.condition, listing.sorted_by, listing.falling, listing.baseline)
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
        count = f"{len(listing.lines()):,} lines"
        where = [listing.condition.text] if listing.condition else []
        ways = ([*where, listing.group_words, count], [*where, count], [count])
        return [Content.styled(" · ".join(way), "$muted") for way in ways]

    def action_move(self, stride: int) -> None:
        """Goes to another line; the cursor of the diagram follows where the cell is seen there."""
        lines, at = self.view.listing.lines(), self.present
        if not lines:
            return
        at = 0 if at is None else min(max(at + stride, 0), len(lines) - 1)
        cells = [cell for cell in lines[at].tile.cells if self.view.tiles.place_of(cell) is not None]
        if cells:
            self.view.choose(cells[0])
            self.post_message(Moved())

    def action_page(self, stride: int) -> None:
        """Goes on by a page."""
        self.action_move(stride * max(self.content_size.height - 2, _STRIDE))

    def on_click(self, event: events.Click) -> None:
        """Goes to the line that was clicked."""
        at, present = event.get_content_offset(self), self.present
        if at is not None and at.y > 0 and self._first + at.y - 1 < len(self.view.listing.lines()):
            self.action_move(self._first + at.y - 1 - (present or 0))
