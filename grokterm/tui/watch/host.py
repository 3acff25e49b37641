"""The watch screen, as its handlers know it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, TypeVar

from textual.geometry import Size
from textual.screen import Screen
from textual.widget import Widget

if TYPE_CHECKING:
    from grokterm.tui.watch.viewer import Viewer

Result = TypeVar("Result")


class Host(Protocol):
    """What a handler may ask of the watch screen."""

    viewer: Viewer
    """The app."""

    @property
    def size(self) -> Size:
        """The cells of the screen."""

    @property
    def focused(self) -> Widget | None:
        """What has the focus."""

    @property
    def is_attached(self) -> bool:
        """Whether it is there still: keys that were pressed before the viewer left may come later."""

    @property
    def is_current(self) -> bool:
        """Whether the screen is on top, with no dialog over it."""

    def say(self, text: str, meaning: str = "text") -> None:
        """Shows a remark; `meaning` is a colour of the palette."""

    def show(self) -> None:
        """Draws what changed."""

    def show_lines(self) -> None:
        """Draws header, phase line and footer where they changed."""

    def rearrange(self) -> None:
        """Puts the parts in their places and draws them."""

    def mount(self, *parts: Widget) -> object:
        """Takes parts onto the screen."""

    def focus_on(self, part: Widget) -> None:
        """Gives the focus to a part as soon as that has its place."""

    def open_dialog(self, dialog: Screen[Result], take: Callable[[Result | None], None] | None = None) -> None:
        """Opens a dialog over the screen; `take` hears what it comes back with."""
