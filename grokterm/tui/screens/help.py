"""All keys and the phases, made from the table of actions."""

from __future__ import annotations

from typing import ClassVar, Final

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from grokterm.tui.actions import groups
from grokterm.tui.phases import MEANINGS
from grokterm.tui.screens.dialog import Dialog
from grokterm.tui.theme import Palette

_KEYS: Final = 11
"""Cells for the key at the left of its words."""


class HelpDialog(Dialog[None]):
    """What every key does, and what the phases mean."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("question_mark,q,enter,space", "close", show=False)]
    DEFAULT_CSS = """
    HelpDialog .box { width: 84; }
    HelpDialog Static { height: auto; }
    """

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        self._palette = palette

    def compose(self) -> ComposeResult:
        """The keys in groups, then the phases."""
        box = VerticalScroll(Static(help_text(self._palette)), classes="box")
        box.border_title = "Keys and phases"
        box.border_subtitle = "esc closes"
        yield box


def help_text(palette: Palette) -> Content:
    """The keys by group and the meanings of the phases."""
    head, key = f"bold {palette.markup('accent')}", f"bold {palette.markup('text')}"
    plain, lines = palette.markup("muted"), list[Content]()
    for group, actions in groups().items():
        lines.append(Content.styled(group, head))
        lines += [Content.assemble((a.key.ljust(_KEYS), key), (a.words, plain)) for a in actions]
        lines.append(Content(""))
    lines.append(Content.styled("Phases", head))
    for name, meaning in MEANINGS.items():
        color = f"bold {palette.markup(name.lower())}"
        lines.append(Content.assemble((name, color), (f": {meaning}.", plain)))
    lines.append(Content.styled("The number beside a phase is the step at which it last began.", plain))
    return Content("\n").join(lines)
