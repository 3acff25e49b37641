"""The viewer, as its screens know it."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from grokterm.runs.compared import ComparedRun
    from grokterm.runs.folder import RunFolder
    from grokterm.tui.run.pending_changes import PendingChanges
    from grokterm.tui.run.state import RunState
    from grokterm.tui.run.time_travel import Cursor
    from grokterm.tui.run.trainer_link import TrainerLink
    from grokterm.tui.terminal.exit_message import Left
    from grokterm.view_options import ViewOptions


class Viewer(Protocol):
    """What a screen may ask of the app."""

    link: TrainerLink
    """The present run."""
    pending_changes: PendingChanges
    """Changes on their way to its trainer."""
    state: RunState
    """What panes draw of it."""
    cursor: Cursor
    """The cursor in its past."""
    view: ViewOptions
    """How runs are shown."""

    @property
    def compares(self) -> bool:
        """Whether several runs are shown in the present one's place."""

    @property
    def bytes_sent(self) -> int | None:
        """Bytes that the terminal took; None where they are not counted."""

    def spawn(self, work: Callable[[], Coroutine[None, None, None]], /) -> object:
        """Runs something beside; its failure is the viewer's."""

    def forget_picture(self, name: str, /) -> None:
        """Drops the picture of a view that is closed, and what is still on its way of it."""

    def draw_soon(self) -> None:
        """Makes the next tick come at once."""

    def move_to(self, folder: RunFolder, /) -> None:
        """Shows another run in the present one's place."""

    def show_comparison(self, runs: list[ComparedRun], equal_seconds: bool = False, /) -> None:
        """Shows runs on the same axes until that is left, over steps or up to equal seconds."""

    def next_theme(self) -> None:
        """Goes on to the next theme that the terminal can show."""

    def save_screen(self, name: str = "", /) -> Path:
        """Saves a screenshot; raises RunFolderError."""

    def leave(self, left: Left, /) -> None:
        """Ends the viewer; the trainer goes on unless it was stopped."""
