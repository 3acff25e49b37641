"""The base of all panes: a border with number, title and live text, and lines that are drawn when they change."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import ClassVar

from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

from grokterm.picture import PictureRequest
from grokterm.tui.run.state import RunState

_AROUND_TITLE = 6
"""Cells of the top border that a title never takes: corners, a dash and a blank at each side."""


class Pane(Widget, can_focus=True):
    """A part of the screen that draws a `RunState`; it redraws what changed and nothing else."""

    DEFAULT_CSS = """
    Pane {
        border: round $border-blurred;
        border-title-color: $foreground;
        border-title-background: transparent;
        background: $background;
        &:focus, &:focus-within { border: round $border; }
        &.-few-colors:focus, &.-few-colors:focus-within { border: heavy $border; }
    }
    """

    number: ClassVar[int] = 0
    """The key that goes to the pane."""
    title: ClassVar[str] = ""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.state: RunState | None = None
        self.live: tuple[Content, ...] = ()
        self._at: int | None = None
        self._late = False
        """Whether what is drawn is not yet of the step that is looked at."""
        self._strips: list[Strip] = []
        self._drawn_from: Hashable = None

    def requests(self) -> tuple[PictureRequest, ...]:
        """The pictures of the model that the pane draws."""
        return ()

    def shows_before(self, state: RunState) -> bool:
        """Whether it shows the same pictures of an earlier step beside them."""
        return False

    def show(self, state: RunState) -> None:
        """Draws what changed since the last call."""
        self.state = state
        self.set_class(state.palette.depth != "truecolor", "-few-colors")
        width, height = self.content_size
        if width < 1 or height < 1:
            return
        at = self.step_shown(state)
        late = at is not None and (state.moment is None or state.moment.step != at)
        now = (width, height, state.palette, state.view.graph, at, late, self.watched(state))
        if now == self._drawn_from:
            return
        self._drawn_from = now
        self._at, self._late = at, late
        self.live = tuple(self.live_texts(state))
        self.write_title()
        self._replace(self.draw(state, width, height))

    def watched(self, state: RunState) -> Hashable:
        """What the drawing depends on, beside size and palette; equal values draw nothing."""
        return None

    def draw(self, state: RunState, width: int, height: int) -> Sequence[Strip]:
        """The pane's lines, each `width` cells."""
        return []

    def live_texts(self, state: RunState) -> Sequence[Content]:
        """What stands at the right of the border: the longest first, shorter ones for where there is less room."""
        return []

    def named(self) -> str:
        """What stands at the left of the border."""
        return self.title

    def step_shown(self, state: RunState) -> int | None:
        """The step of the past whose model is drawn, for the title; None where the pane shows the present."""
        return None

    def redraw(self) -> None:
        """Draws again, whether or not something changed."""
        self._drawn_from = None
        if self.state is not None:
            self.show(self.state)

    def write_title(self) -> None:
        """Writes number, title and the longest live text that fits into the border."""
        focused = self.has_focus_within
        room = self.outer_size.width - _AROUND_TITLE
        name = Content.assemble((f"{self.number} ", "$accent" if focused else "$muted"), (self.named(), "bold"))
        if self._at is not None:
            style = "$muted" if self._late else "bold $accent"
            spelled = [Content.styled(f"{words} {self._at:,}", style) for words in (" at step", " at", "")]
            name += next((at for at in spelled if name.cell_length + at.cell_length <= room), Content(""))
        dash = "━" if focused and self.has_class("-few-colors") else "─"
        for live in self.live:
            gap = room - name.cell_length - live.cell_length - 2
            if live.cell_length and gap >= 1:
                line = (f" {dash * gap} ", "$border" if focused else "$border-blurred")
                name = Content.assemble(name, line, live)
                break
        if self._border_title is None or not self._border_title.is_same(name):
            # Setting border_title would draw the whole pane again, and a table takes tens of kilobytes.
            self._border_title = name
            self.refresh(Region(-1, -1, self.outer_size.width, 1))

    def render_line(self, y: int) -> Strip:
        """The line `y` of the content, as last drawn."""
        base = self.rich_style
        if y < len(self._strips):
            return self._strips[y].apply_style(base)
        return Strip.blank(self.content_size.width, base)

    def on_mount(self) -> None:
        """Writes the title."""
        self.write_title()

    def on_resize(self, event: events.Resize) -> None:
        """Draws for the new size."""
        self.redraw()
        self.write_title()

    def on_focus(self, event: events.Focus) -> None:
        """Lights the title."""
        self.write_title()

    def on_blur(self, event: events.Blur) -> None:
        """Dims the title."""
        self.write_title()

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Lights the title."""
        self.write_title()

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Dims the title."""
        self.write_title()

    def _replace(self, strips: Sequence[Strip]) -> None:
        """Takes the new lines and refreshes the rows that differ from the old ones."""
        old, self._strips = self._strips, list(strips)
        if len(old) != len(self._strips):
            self.refresh()
            return
        width = self.content_size.width
        rows = [y for y, (a, b) in enumerate(zip(old, self._strips, strict=True)) if a is not b and a != b]
        if rows:
            self.refresh(*(Region(0, y, width, 1) for y in rows))
