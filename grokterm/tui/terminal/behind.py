"""What is seen of a screen behind a dialog, which goes on being drawn there as often as without one."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.renderables.background_screen import BackgroundScreen

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.screen import Screen

    Base = Screen[Any]
else:
    Base = object


class Over(Base):
    """A screen that lets the one behind it through its ground."""

    def render(self) -> RenderableType:
        """The screen behind, as Textual tints it."""
        drawn = super().render()
        return _Tinted(drawn.screen, drawn.color) if isinstance(drawn, BackgroundScreen) else drawn


class _Tinted(BackgroundScreen):
    """Tints each style once: a screen has few of them, and thousands of pieces that are written in them."""

    @classmethod
    def process_segments(cls, segments: Iterable[Segment], color: Color) -> Iterable[Segment]:
        for segment in segments:
            yield segment if segment.control else Segment(segment.text, _tinted(segment.style, color))


@lru_cache(maxsize=4096)
def _tinted(style: Style | None, color: Color) -> Style | None:
    (piece,) = BackgroundScreen.process_segments([Segment(" ", style)], color)
    return piece.style
