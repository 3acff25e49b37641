"""What keeps a run from going on, above the footer."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from grokterm.tui.theme import Palette


class Problem(Widget):
    """Some lines over the lowest part of the screen; there only while something is wrong."""

    DEFAULT_CSS = """
    Problem { layer: top; background: $surface; border: round $error; padding: 0 1; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._lines: tuple[str, ...] = ()
        self._dismissed: tuple[str, ...] = ()
        self._content = Content("")

    @property
    def shown(self) -> bool:
        """Whether there is something that was not dismissed."""
        return bool(self._lines) and self._lines != self._dismissed

    @property
    def tall(self) -> int:
        """Lines that the panel takes, its border included."""
        if not self.shown:
            return 0
        width = max(20, self.app.size.width - 4)
        return 2 + len(self._content.wrap(width))

    def write(self, lines: Sequence[str], palette: Palette) -> bool:
        """Shows the lines, the last one lit; whether the panel came, went or changed."""
        if tuple(lines) == self._lines:
            return False
        self._lines = tuple(lines)
        if not self._lines:
            self._dismissed = ()
        styles = [
            palette.markup("text") if i < len(lines) - 1 else f"bold {palette.markup('warning')}"
            for i in range(len(lines))
        ]
        self._content = Content("\n").join(Content.styled(t, s) for t, s in zip(lines, styles, strict=True))
        self.refresh()
        return True

    def dismiss(self) -> None:
        """Hides what is shown until something else is wrong."""
        self._dismissed = self._lines

    def render(self) -> Content:
        """The lines."""
        return self._content
