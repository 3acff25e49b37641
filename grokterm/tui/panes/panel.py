"""The base of all panes: a border with number, title and live text, and lines of which only new ones are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import ClassVar

from rich.segment import Segment
from textual import events
from textual.content import Content
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

_AROUND_TITLE = 6
"""Cells of the top border that a title never takes: corners, a dash and a blank at each side."""


class Panel(Widget, can_focus=True):
    """A part of the screen with a border, whose rows are refreshed where they differ from what is there."""

    DEFAULT_CSS = """
    Panel {
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
        self.live: tuple[Content, ...] = ()
        self._strips: list[Strip] = []

    def named(self) -> str:
        """What stands at the left of the border."""
        return self.title

    def beside_name(self, room: int) -> Content:
        """What stands beside the name, in `room` cells at most."""
        return Content("")

    def redraw(self) -> None:
        """Draws again, whether or not something changed."""

    def write_title(self) -> None:
        """Writes number, title and the longest live text that fits into the border."""
        focused = self.has_focus_within
        room = self.outer_size.width - _AROUND_TITLE
        name = Content.assemble((f"{self.number} ", "$accent" if focused else "$muted"), (self.named(), "bold"))
        name += self.beside_name(room - name.cell_length)
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

    def replace(self, strips: Sequence[Strip]) -> None:
        """Takes the new lines and refreshes the part of each row that differs from the old one."""
        old, self._strips = self._strips, list(strips)
        if len(old) != len(self._strips):
            self.refresh()
            return
        width = self.content_size.width
        parts = [
            Region(first, y, last - first, 1)
            for y, (a, b) in enumerate(zip(old, self._strips, strict=True))
            if a is not b and a != b
            for first, last in [_differing(a, b, width)]
        ]
        if parts:
            self.refresh(*parts)


def _differing(one: Strip, other: Strip, width: int) -> tuple[int, int]:
    """The first cell in which two lines of `width` cells may differ, and the one after the last."""
    first = _alike(list(one), list(other))
    last = width - _alike(list(one)[::-1], list(other)[::-1])
    return (first, last) if first < last else (0, width)


def _alike(one: Sequence[Segment], other: Sequence[Segment]) -> int:
    """Cells of the pieces with which both begin."""
    same = takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return sum(piece.cell_length for piece, _ in same)
