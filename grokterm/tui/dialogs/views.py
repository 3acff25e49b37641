"""The list of views: a group a block, chosen with arrows or by number."""

from __future__ import annotations

from collections.abc import Mapping

from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from grokterm.tui.dialogs.dialog import Dialog
from grokterm.tui.dialogs.options import Lines
from grokterm.tui.views.view import ViewPane


class ViewsDialog(Dialog[int]):
    """Every view with its number and what it shows; comes back with the number chosen."""

    DEFAULT_CSS = """
    ViewsDialog .box { width: 92; height: auto; padding: 0 1; }
    ViewsDialog OptionList { border: none; background: $surface; height: auto; max-height: 100%; padding: 0; }
    ViewsDialog OptionList { text-wrap: nowrap; text-overflow: ellipsis; }
    ViewsDialog OptionList:focus > .option-list--option-highlighted {
        background: $border-blurred; color: $foreground; text-style: bold;
    }
    ViewsDialog OptionList > .option-list--option-disabled { color: $accent; }
    """
    _typed: str = ""

    def __init__(self, views: Mapping[int, type[ViewPane]], chosen: int) -> None:
        super().__init__()
        self._views = views
        self._chosen = chosen

    def compose(self) -> ComposeResult:
        """One line a view, under the names of their groups."""
        options: list[Option] = []
        group = ""
        for number, view in self._views.items():
            if view.group != group:
                group = view.group
                options.append(Option(Content.styled(group, "bold $accent"), disabled=True))
            line = Content.assemble((f"{number:>3}  ", "bold"), (view.title.ljust(19), ""), (view.summary, "$muted"))
            options.append(Option(line, id=str(number)))
        found = Lines(*options, classes="box")
        found.border_title = "Views"
        found.border_subtitle = "arrows or number, enter · esc closes"
        yield found

    def begin(self) -> None:
        """Goes to the view that was open last."""
        found = self.query_one(OptionList)
        found.focus()
        self._go_to(self._chosen if self._chosen in self._views else next(iter(self._views)))

    def on_key(self, event: events.Key) -> None:
        """Takes the digits of a number."""
        if event.character and event.character.isdigit():
            event.stop()
            self._typed = self._typed + event.character
            if int(self._typed) not in self._views:
                self._typed = event.character
            if int(self._typed) in self._views:
                self._go_to(int(self._typed))

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Takes the line that was chosen."""
        if event.option.id:
            self.dismiss(int(event.option.id))

    def _go_to(self, number: int) -> None:
        found = self.query_one(OptionList)
        found.highlighted = found.get_option_index(str(number))
