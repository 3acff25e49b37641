"""A widget of one line that is written anew only when it changed."""

from __future__ import annotations

from textual.content import Content
from textual.widget import Widget


class Line(Widget):
    """One line of text."""

    DEFAULT_CSS = """
    Line { height: 1; background: $background; color: $foreground; text-wrap: nowrap; text-overflow: clip; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._content = Content("")

    def write(self, content: Content) -> None:
        """Shows `content`."""
        if not content.is_same(self._content):
            self._content = content
            self.refresh()

    def render(self) -> Content:
        """The line as last written."""
        return self._content
