"""The line in which a condition is typed."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input

from grokterm.sweeps.conditions import LENGTH


class Question(Input):
    """Asks for the condition of the table; enter takes it, esc leaves things as they are."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "give_up", show=False),
        Binding("tab,shift+tab", "submit", show=False),
    ]
    DEFAULT_CSS = """
    Question { height: 1; border: none; padding: 0 1; background: $surface; color: $foreground; }
    Question:focus { border: none; background: $surface; }
    """

    class Answered(Message):
        """A condition was typed, or an empty line."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    class GivenUp(Message):
        """It was left without an answer."""

    def __init__(self) -> None:
        super().__init__(
            placeholder="wd>1 and phase==grokking · enter shows these cells, all where it is empty · esc",
            max_length=LENGTH,
            select_on_focus=False,
            id="question",
        )

    def action_give_up(self) -> None:
        """Leaves things as they are."""
        self.post_message(self.GivenUp())

    @on(Input.Submitted)
    def _taken(self, event: Input.Submitted) -> None:
        event.stop()
        self.post_message(self.Answered(event.value))
