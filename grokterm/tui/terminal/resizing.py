"""Screens that come to rest however fast the terminal is resized."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from textual.geometry import Size

if TYPE_CHECKING:
    from textual.screen import Screen

    Base = Screen[Any]
else:
    Base = object


class Steady(Base):
    """Lays out for the size that the terminal has now.

    A screen of Textual takes each size in the order of the events and sends itself another event for it: two sizes
    that wait at once would take turns for ever.
    """

    def _refresh_layout(self, size: Size | None = None, scroll: bool = False) -> None:
        super()._refresh_layout(None if size is None else self.app.size, scroll)
