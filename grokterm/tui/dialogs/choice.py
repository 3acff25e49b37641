"""A field of one line that goes through a few words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.widget import Widget


class Choice(Widget, can_focus=True):
    """One of several words: left and right, or the first letter."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "turn(-1)", show=False),
        Binding("right,space", "turn(1)", show=False),
    ]
    DEFAULT_CSS = """
    Choice { height: 1; background: $background; color: $foreground; text-wrap: nowrap; }
    Choice:focus { background: $accent; color: $background; text-style: bold; }
    """

    class Changed(Message):
        """Another word was chosen."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

    def __init__(self, words: Sequence[str], value: str, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._words = list(words)
        self.value = value

    def action_turn(self, stride: int) -> None:
        """Goes on by `stride` words."""
        self.choose(self._words[(self._words.index(self.value) + stride) % len(self._words)])

    def choose(self, word: str) -> None:
        """Takes a word."""
        if word != self.value:
            self.value = word
            self.refresh()
            self.post_message(self.Changed(self))

    def on_key(self, event: events.Key) -> None:
        """Goes to the next word that begins with the letter typed."""
        if event.character and event.is_printable and event.character != " ":
            event.stop()
            at = self._words.index(self.value)
            order = self._words[at + 1 :] + self._words[: at + 1]
            self.choose(next((w for w in order if w.startswith(event.character.lower())), self.value))

    def on_click(self) -> None:
        """Goes on by one word."""
        self.action_turn(1)

    def render(self) -> Content:
        """The word between the keys that change it."""
        return Content.assemble("‹ ", self.value, " ›")
