"""The panel of the tour: its chapter, what to look for and what is asked, or what came out."""

from __future__ import annotations

import textwrap
from functools import lru_cache
from typing import Final

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from grokterm.tour.tour import Tour
from grokterm.tui.theme import Palette
from grokterm.tui.watch.places import PAGES_FROM

_FRAME: Final = (4, 2)
"""Cells that border and padding take of width and height."""
_WIDEST: Final = 116
"""Cells of the longest line that is read with ease."""

_JOINED: Final = "\N{NO-BREAK SPACE}"


class TourPanel(Widget):
    """Some lines in a border, as many for every chapter at one width."""

    DEFAULT_CSS = """
    TourPanel {
        border: round $border-blurred;
        border-title-color: $foreground;
        border-title-background: transparent;
        border-subtitle-color: $foreground-muted;
        background: $background;
        padding: 0 1;
    }
    """

    def __init__(self, tour: Tour) -> None:
        super().__init__(id="tour")
        self._tour = tour
        self._content, self._title = Content(""), ""

    def tall(self, size: Size) -> int:
        """Lines that it takes of a screen, its border included; none where the rest would be too small for panes."""
        if size.width < PAGES_FROM[0]:
            return 0
        tall = _FRAME[1] + max(sum(len(_wrapped(words, size.width)) for words in texts) for texts in self._texts())
        return tall if size.height - tall >= PAGES_FROM[1] else 0

    def write(self, palette: Palette) -> bool:
        """Writes the present chapter where it changed; whether it did."""
        tour, chapter, answer = self._tour, self._tour.chapter, self._tour.answer
        text, accent, muted = palette.markup("text"), f"bold {palette.markup('accent')}", palette.markup("muted")
        if answer:
            parts = [(answer, f"bold {palette.markup('grokked')}"), (chapter.then, text)]
        else:
            parts = [(chapter.text, text), (chapter.question, accent)]
        lines = [(line, style) for words, style in parts for line in _wrapped(words, self.app.size.width)]
        content = Content("\n").join([Content.styled(line, style) for line, style in lines])
        done = len(tour.place.answers)
        title = f"Tour {tour.number} of {len(tour.chapters)}: {chapter.title}"
        keys = f"[{accent}]([/] before  [{accent}])[/] next"
        if content.is_same(self._content) and title == self._title:
            return False
        self._content, self._title = content, title
        self.border_title = f"[bold]{title}[/]"
        self.border_subtitle = f"[{muted}]{done} answered  [/]{keys}"
        self.refresh()
        return True

    def render(self) -> Content:
        """The lines."""
        return self._content

    def _texts(self) -> list[tuple[str, str]]:
        """What has to fit: every chapter as it is asked, and the present one as it is answered."""
        asked = [(chapter.text, chapter.question) for chapter in self._tour.chapters]
        return [*asked, *([(self._tour.answer, self._tour.chapter.then)] if self._tour.answer else [])]


@lru_cache(maxsize=64)
def _wrapped(words: str, width: int) -> tuple[str, ...]:
    """Words in lines that fit into the panel of a screen; numbers and their signs of percent stay together."""
    room = max(1, min(width - _FRAME[0], _WIDEST))
    lines = textwrap.wrap(words.replace(" %", f"{_JOINED}%"), room, break_on_hyphens=False)
    return tuple(line.replace(_JOINED, " ") for line in lines)
