"""The list from which dialogs let choose."""

from __future__ import annotations

from contextlib import suppress

from textual._widget_navigation import Direction
from textual.widgets import OptionList


class Options(OptionList):
    """Lines to choose from, on the dialog's own background."""

    DEFAULT_CSS = """
    Options {
        height: auto;
        border: none;
        padding: 0;
        min-width: 20;
        background: $surface;
        text-wrap: nowrap;
        &:focus { border: none; background: $surface; background-tint: $surface 0%; }
    }
    """

    def _move_page(self, direction: Direction) -> None:
        """Moves by a page, of which a list that was not drawn yet knows nothing."""
        with suppress(KeyError, IndexError):
            super()._move_page(direction)
