"""The last line of a screen: its keys, or for a moment a remark."""

from __future__ import annotations

from typing import Final

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
        self.write(self._remark or keys)

    def say(self, text: str, meaning: str, palette: Palette, width: int) -> None:
        """Shows a remark; `meaning` is a colour of the palette."""
        styled = Content.styled(text, f"bold {palette.markup(meaning)}").truncate(max(1, width - 2), ellipsis=True)
        self._remark = remark = Content.assemble(" ", styled)
        self.write(remark)
        self.set_timer(_SAID, lambda: self._forget(remark))

    def _forget(self, remark: Content) -> None:
        if self._remark is remark:
            self._remark = Content("")
            self.write(self._keys)
