"""The guide page of the open view, beside it or over it; scrolls."""

from __future__ import annotations

from io import StringIO
from typing import ClassVar

from rich.console import Console
from textual import events
from textual.binding import Binding, BindingType
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from grokterm.guide import read_page
from grokterm.guide.drawing import PageMarkdown, page_theme
from grokterm.tui.theme import Palette


class GuidePane(ScrollView, can_focus=True, inherit_bindings=False):
    """One page of the guide, wrapped to the width that there is."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "read_on(-1)", show=False),
        Binding("down", "read_on(1)", show=False),
    ]
    DEFAULT_CSS = """
    GuidePane {
        border: round $border-blurred;
        border-title-color: $foreground;
        border-title-style: bold;
        border-subtitle-color: $muted;
        background: $background;
        padding: 0 1;
        overflow-x: hidden;
        overflow-y: auto;
        scrollbar-size-vertical: 1;
        &:focus { border: round $border; }
        &.-few-colors:focus { border: heavy $border; }
    }
    """

    def __init__(self, name: str, palette: Palette) -> None:
        super().__init__()
        self._page = read_page(name)
        self._palette = palette
        self._strips: list[Strip] = []
        self._drawn_from: tuple[object, ...] = ()

    def on_mount(self) -> None:
        """Says what it is and how it is left."""
        self.border_title = f"Guide: {self._page.name}"
        self.border_subtitle = "pgup pgdn scroll · ? closes"

    def turn_to(self, name: str) -> None:
        """Shows another page from its top."""
        self._page = read_page(name)
        self.border_title = f"Guide: {name}"
        self.scroll_to(y=0, animate=False)
        self.draw(self._palette)

    def draw(self, palette: Palette) -> None:
        """Wraps the page anew where page, width or colours changed."""
        self._palette = palette
        self.set_class(palette.depth != "truecolor", "-few-colors")
        width = self.scrollable_content_region.width - 1  # a blank before the scrollbar
        now = (self._page, width, palette)
        if width < 1 or now == self._drawn_from:
            return
        self._drawn_from = now
        self._strips = [strip.extend_cell_length(width + 1) for strip in page_strips(self._page.text, width, palette)]
        self.virtual_size = Size(width + 1, len(self._strips))
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """The line `y` of what can be seen."""
        base, at = self.rich_style, y + self.scroll_offset.y
        if at < len(self._strips):
            return self._strips[at].apply_style(base)
        return Strip.blank(self.scrollable_content_region.width, base)

    def on_resize(self, event: events.Resize) -> None:
        """Wraps for the new width."""
        self.draw(self._palette)

    def action_read_on(self, lines: int) -> None:
        """Scrolls by lines."""
        self.scroll_relative(y=lines, animate=False)

    def turn_pages(self, screens: int) -> None:
        """Scrolls by what is seen, less one line."""
        self.action_read_on(screens * max(1, self.scrollable_content_region.height - 1))


def page_strips(text: str, width: int, palette: Palette) -> list[Strip]:
    """A page's lines, each `width` cells."""
    accent, muted = f"bold {palette.accent}", palette.muted
    console = Console(
        width=width,
        file=StringIO(),
        force_terminal=True,
        legacy_windows=False,
        color_system="truecolor",
        theme=page_theme(accent, f"bold {palette.key}", muted, palette.text),
    )
    return [Strip(line, width) for line in console.render_lines(PageMarkdown(text), pad=True)]
