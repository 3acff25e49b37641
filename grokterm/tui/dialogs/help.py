"""All keys and the phases, made from the table of actions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from textwrap import wrap
from typing import ClassVar, Final

from textual import events
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from grokterm.forecast.sources import SENTENCE
from grokterm.tui.actions import Action, groups
from grokterm.tui.dialogs.dialog import Dialog
from grokterm.tui.text.circuit_phases import CIRCUIT_PHASES
from grokterm.tui.text.phases import CIRCUIT_MEANINGS, CIRCUIT_SOURCE, MEANINGS, WHY_TWO
from grokterm.tui.theme import Palette

_NAMES: Final = 14
"""Cells for the name at the left of what is told of it."""
_WIDTH: Final = 84
_GUIDE: Final = {
    "? in a view": "The page about it: what is normal, what is wrong, the source. Page keys scroll it, ? closes it.",
    "in a shell": "grokterm guide lists all pages; grokterm guide grokking tells the whole story.",
}
_AROUND: Final = 7
"""Cells of the box's width that its border, padding and scrollbar take."""


class HelpDialog(Dialog[None]):
    """What every key does, and what the phases mean."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("question_mark,q,enter,space", "close", show=False)]
    DEFAULT_CSS = f"""
    HelpDialog .box {{ width: {_WIDTH}; }}
    HelpDialog Static {{ height: auto; text-wrap: nowrap; }}
    """

    def __init__(self, palette: Palette, write: Callable[[Palette, int], Content] | None = None) -> None:
        """`write` gives the text for a width; that of the watch screen where there is none."""
        super().__init__()
        self._palette, self._write = palette, write or help_text

    def compose(self) -> ComposeResult:
        """The keys in groups, then the phases."""
        with VerticalScroll(classes="box") as box:
            box.border_title = "Keys and phases"
            box.border_subtitle = "esc closes"
            yield Static()

    def on_resize(self, event: events.Resize) -> None:
        """Writes the text for the width there is."""
        if not self.is_open:
            return
        width = min(_WIDTH, event.size.width) - _AROUND
        self.query_one(Static).update(self._write(self._palette, width))


def help_text(palette: Palette, width: int) -> Content:
    """The keys by group and the meanings of both kinds of phases, in lines of at most `width` cells."""
    head, key = f"bold {palette.markup('accent')}", f"bold {palette.markup('text')}"
    blocks = keys_by_group(groups(), palette, width)
    blocks.append(Content.styled("Phases", head))
    for name, meaning in MEANINGS.items():
        color = f"bold {palette.markup(name.lower())}"
        blocks.append(entry(name, color, f"{meaning}.", palette, width))
    blocks.append(entry("", key, "The number beside a phase is the step at which it last began.", palette, width))
    blocks += [Content(""), Content.styled("Phases of the circuit", head)]
    for _, name, short, meaning in CIRCUIT_PHASES:
        color = f"bold {palette.markup(meaning)}"
        label = name if len(name) < _NAMES else short
        blocks.append(entry(label, color, f"{CIRCUIT_MEANINGS[name]}.", palette, width))
    blocks += [entry("", key, told, palette, width) for told in (CIRCUIT_SOURCE, WHY_TWO)]
    blocks += [Content(""), Content.styled("Forecast", head), entry("", key, SENTENCE, palette, width)]
    blocks += [Content(""), Content.styled("Guide", head)]
    blocks += [entry(name, key, told, palette, width) for name, told in _GUIDE.items()]
    return Content("\n").join(blocks)


def keys_by_group(groups: Mapping[str, Sequence[Action]], palette: Palette, width: int) -> list[Content]:
    """Keys under the headings of their groups, a blank line after each."""
    head, key = f"bold {palette.markup('accent')}", f"bold {palette.markup('text')}"
    blocks: list[Content] = []
    for group, actions in groups.items():
        blocks.append(Content.styled(group, head))
        blocks += [entry(a.key, key, a.words, palette, width) for a in actions]
        blocks.append(Content(""))
    return blocks


def entry(name: str, style: str, told: str, palette: Palette, width: int) -> Content:
    """A name at the left and what is told of it at the right, in as many lines as it takes."""
    lines = wrap(told, max(12, width - _NAMES)) or [""]
    text = ("\n" + " " * _NAMES).join(lines)
    return Content.assemble((name.ljust(_NAMES), style), (text, palette.markup("muted")))
