"""The last line of a screen: its keys, or for a moment a remark."""

from __future__ import annotations

from typing import Final

from textual import events
from textual.content import Content

from grokterm.tui.line import Line
from grokterm.tui.theme import Palette

_SAID: Final = 5.0
"""Seconds that a remark stands in the keys' place."""


class Footer(Line):
    """The keys; `say` puts a remark in their place for a moment."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._keys = Content("")
        self._remark = Content("")

    def show(self, keys: Content) -> None:
        """Takes the keys, and writes them unless a remark stands in their place."""
        self._keys = keys
        self._refit()

    def say(self, text: str, meaning: str, palette: Palette) -> None:
        """Shows a remark; `meaning` is a colour of the palette."""
        self._remark = remark = Content.styled(text, f"bold {palette.markup(meaning)}")
        self._refit()
        self.set_timer(_SAID, lambda: self._forget(remark))

    def on_resize(self, event: events.Resize) -> None:
        """Fits the remark into the new width."""
        self._refit()

    def _refit(self) -> None:
        """Writes the remark, as much as there is room for, or the keys."""
        room = max(1, self.size.width - 2)
        remark = self._remark.truncate(room, ellipsis=True)
        self.write(Content.assemble(" ", remark) if self._remark else self._keys)

    def _forget(self, remark: Content) -> None:
        if self._remark is remark:
            self._remark = Content("")
            self._refit()
