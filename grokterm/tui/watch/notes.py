"""What a key does to write about a run: the form of its tags and its note."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from grokterm.errors import GroktermError
from grokterm.tui.watch.host import Host

if TYPE_CHECKING:
    from grokterm.runs.notes import Notes


class NotesControl:
    """The action that opens the form."""

    def __init__(self, host: Host) -> None:
        self._host, self._viewer = host, host.viewer

    def notes(self) -> None:
        """Opens the form, or says why the notes of the run cannot be read."""
        from grokterm.runs.notes import change_notes, read_notes
        from grokterm.tui.dialogs.notes import NotesDialog

        folder = self._viewer.link.folder  # whichever run is on the screen when the form is left

        def take(before: Notes, notes: Notes | None) -> None:
            if notes is None:
                return
            try:
                kept = change_notes(folder, lambda present: present.changed(before, notes))
            except GroktermError as error:
                self._host.say(str(error), "error")
                return
            words = " · ".join(part for part in (" ".join(kept.tags), kept.note) if part)
            self._host.say(f"{folder.id}: {words or 'no tags and no note'}", "accent")

        try:
            before = read_notes(folder)
            self._host.open_dialog(NotesDialog(folder.id, before), partial(take, before))
        except GroktermError as error:
            self._host.say(str(error), "error")
