"""The lists from which dialogs let choose."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from textual._widget_navigation import Direction
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

WIDTH: Final = 92
"""Cells of a box with a list of runs, where the screen is as wide."""
_AROUND: Final = 6
"""Cells of its width that border and padding take."""


@dataclass(frozen=True, slots=True)
class Part:
    """A column of a list: a text a line, and its rank: the highest is left out first where there is too little room."""

    texts: Sequence[str]
    rank: int
    right: bool = False


def aligned(heads: Sequence[Content], parts: Sequence[Part], screen: int) -> list[Content]:
    """The lines of a list in columns, each on one line of a box on a screen of `screen` cells."""
    room = min(WIDTH, screen) - _AROUND
    first = max(head.cell_length for head in heads)
    shown = [part for part in parts if any(part.texts)]
    wide = {id(part): max(map(len, part.texts)) for part in shown}
    while shown and first + sum(2 + wide[id(part)] for part in shown) > room:
        shown.remove(max(shown, key=lambda part: part.rank))
    lines = []
    for at, head in enumerate(heads):
        texts = [(part.texts[at], wide[id(part)], part.right) for part in shown]
        told = "".join("  " + (text.rjust(width) if right else text.ljust(width)) for text, width, right in texts)
        line = Content.assemble(head, " " * (first - head.cell_length), told)
        lines.append(line.truncate(max(room, 1), ellipsis=True))
    return lines


def has_pages(options: OptionList) -> bool:
    """Whether the list has lines to turn pages by; it has none where there is no room for a cell of it."""
    return bool(options._lines) and (options.highlighted or 0) in options._index_to_line


class Lines(OptionList):
    """Lines to choose from, also where there is no room for any."""

    def _move_page(self, direction: Direction) -> None:
        """Moves by a page, if there are pages."""
        if has_pages(self):
            super()._move_page(direction)


class Options(Lines):
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


class FittedOptions(Options):
    """A list whose lines are fitted into the screen, and again when that is resized."""

    def __init__(self, lines: Callable[[], Sequence[Content]]) -> None:
        """`lines` gives the lines, fitted into the screen as wide as it is now."""
        super().__init__(*(Option(line) for line in lines()))
        self._fitted = lines

    def on_resize(self) -> None:
        """Fits the lines into the new width."""
        self.rewrite()

    def rewrite(self) -> None:
        """Writes the lines that changed."""
        for at, line in enumerate(self._fitted()):
            if line != self.get_option_at_index(at).prompt:
                self.replace_option_prompt_at_index(at, line)
