"""The form of what a person writes about a run: tags and a note."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Input, Label, Static

from grokterm.errors import ConfigError
from grokterm.runs.notes import NOTE_LENGTH, Notes
from grokterm.tui.dialogs.dialog import Dialog
from grokterm.tui.dialogs.options import WIDTH


class NotesDialog(Dialog[Notes]):
    """Two lines to write on; enter keeps what they say."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "apply", show=False, priority=True),
        Binding("tab", "app.focus_next", show=False),
        Binding("shift+tab", "app.focus_previous", show=False),
    ]
    DEFAULT_CSS = f"""
    NotesDialog .box {{ width: {WIDTH}; padding: 0 2; }}
    NotesDialog .row {{ height: 1; }}
    NotesDialog .row Label {{ width: 6; }}
    NotesDialog Input {{ width: 1fr; height: 1; background: $background; }}
    NotesDialog Input:focus {{ background: $background; }}
    NotesDialog #told {{ height: auto; margin-top: 1; }}
    NotesDialog #told.empty {{ display: none; }}
    NotesDialog #keys {{ height: auto; margin-top: 1; }}
    """

    def __init__(self, run: str, notes: Notes) -> None:
        """`notes` are those that the run has."""
        super().__init__()
        self._run, self._notes = run, notes

    def compose(self) -> ComposeResult:
        """The lines, what is wrong with them, and the keys."""
        tags = Input(_plain(" ".join(self._notes.tags)), id="run-tags", compact=True, select_on_focus=False)
        note = Input(
            _plain(self._notes.note), id="run-note", compact=True, select_on_focus=False, max_length=NOTE_LENGTH
        )
        box = VerticalScroll(
            Horizontal(Label("tags"), tags, classes="row"),
            Horizontal(Label("note"), note, classes="row"),
            Static(id="told", classes="error empty"),
            Static("enter keeps it · tab goes to the other line · esc leaves all as it is", id="keys", classes="muted"),
            classes="box",
            can_focus=False,
        )
        box.border_title = f"About {self._run}"
        yield box

    def begin(self) -> None:
        """Writes on the first line."""
        self.query_one("#run-tags").focus()

    def action_apply(self) -> None:
        """Leaves with what the lines say, unless a run can have no such notes."""
        if not self.is_open:
            return
        tags, note = (self.query_one(name, Input).value for name in ("#run-tags", "#run-note"))
        try:
            notes = Notes().tagged(tags.split()).noted(note)
        except ConfigError as error:
            self.app.bell()
            told = self.query_one("#told", Static)
            told.set_class(False, "empty")
            told.update(str(error), layout=True)
            return
        self.dismiss(notes)


def _plain(text: str) -> str:
    """A text that somebody else may have written, without what a terminal could obey."""
    return "".join(c if c.isprintable() else "?" for c in text)
