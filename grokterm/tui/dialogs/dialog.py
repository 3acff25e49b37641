"""The base of all dialogs: a box over the run, left with esc."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, TypeVar

from textual.await_complete import AwaitComplete
from textual.binding import Binding, BindingType
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import OptionList

from grokterm.config import Value
from grokterm.tui.terminal.behind import Over
from grokterm.tui.terminal.resizing import Steady
from grokterm.tui.terminal.typed_ahead import TakesKeys

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a dialog came back with: settings to change in this run, or a new run with them."""

    values: dict[str, Value] = field(default_factory=dict)
    keep: bool = False
    """Whether embedding and read-out are carried over where their shapes agree."""
    new_run: bool = False
    stop: bool = True
    """Whether the present run stops when a new one starts."""


class Dialog(Over, TakesKeys, Steady, ModalScreen[Result]):
    """A box in the middle of the screen; while it is open the run trains on behind it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]
    DEFAULT_CSS = """
    Dialog {
        align: center middle;
        background: $background 60%;
    }
    .box {
        width: auto;
        max-width: 100%;
        height: auto;
        max-height: 100%;
        background: $surface;
        border: round $accent;
        border-title-color: $accent;
        border-title-style: bold;
        border-subtitle-color: $muted;
        padding: 1 2;
        scrollbar-size-vertical: 1;
    }
    .muted { color: $muted; }
    .error { color: $error; }
    """

    _begun = False

    def on_mount(self) -> None:
        """Begins, unless it is over already."""
        if self.is_open:
            self.begin()
        self._begun = True

    @property
    def takes_keys(self) -> bool:
        """Whether it has begun."""
        return self._begun

    @property
    def is_open(self) -> bool:
        """Whether the dialog can be used: a key that came at once may have closed it, or the viewer may be leaving."""
        return self.app.is_running and self.is_attached and self.is_current and any(map(_is_filled, self.children))

    def begin(self) -> None:
        """What is done once all parts are there."""

    def action_close(self) -> None:
        """Leaves without doing anything."""
        self.dismiss(None)

    def dismiss(self, result: Result | None = None) -> AwaitComplete:
        """Closes the dialog while it is the one on top: keys that come fast would close it twice."""
        return super().dismiss(result) if self.is_current else AwaitComplete()


def _is_filled(part: Widget) -> bool:
    """Whether a part is the box with what is in it: others in there, or lines."""
    return part.has_class("box") and (bool(part.children) or isinstance(part, OptionList))
