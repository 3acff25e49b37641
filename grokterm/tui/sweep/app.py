"""The viewer of a sweep: it reads what is written, twice a second at most, and says how it was left."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, Literal

from textual.screen import Screen

from grokterm.sweeps.folder import SweepFolder
from grokterm.tui.sweep.following import Following
from grokterm.tui.sweep.screen import SweepScreen
from grokterm.tui.sweep.view import SweepView
from grokterm.tui.terminal import exit_message
from grokterm.tui.terminal.app import TerminalApp
from grokterm.view_options import ViewOptions

How = Literal["open", "stopped"] | exit_message.Left

_EVERY: Final = 0.5
"""Seconds from one look at the files to the next, at least."""


@dataclass(frozen=True, slots=True)
class Kept:
    """How a sweep is looked at: axes, colours, cursor and table, and the theme."""

    view: SweepView
    theme: str


@dataclass(frozen=True, slots=True)
class Left:
    """How the screen of a sweep was left.

    `detached`: the sweep goes on. `stopped`: it is to be stopped softly. `quit`: left where nobody coordinates it.
    `open`: a run is to be trained as a full run. The others as for the viewer of a run.
    """

    how: How
    run: int | None = None
    """The run to open, by its number in the sweep."""
    details: str = ""
    """What failed and where the details are; why the folder is no longer there."""
    kept: Kept | None = None
    """How it was looked at, to be looked at so again."""

    @property
    def exit_status(self) -> int:
        """What the command ends with: 0 where the person left, 1 after a crash, 2 where the folder is lost."""
        return {"crashed": 1, "lost": 2, "hung up": 129, "terminated": 143}.get(self.how, 0)


class SweepApp(TerminalApp[Left], inherit_bindings=False):
    """Shows one sweep; it sends nothing and writes nothing into its folder but the details of its own failure."""

    ENABLE_COMMAND_PALETTE = False

    def __init__(self, folder: SweepFolder, view: ViewOptions, remark: str = "", kept: Kept | None = None) -> None:
        """Reads the plan and what has ended; begins with a remark, and as it was looked at. Raises RunFolderError."""
        super().__init__(replace(view, theme=kept.theme) if kept else view)
        self.following = Following(folder)
        self.following.read()
        self.shown = SweepView(self.following, self.chosen_palette, view.graph)
        self.shown.go_to(0, 0)
        if kept is not None:
            self.shown.look_as(kept.view)
        self._remark = remark
        self._read_at = time.monotonic()

    def run(self, *arguments: Any, **options: Any) -> Left:
        """Shows the sweep until it is left; the terminal is then as it was."""
        left = super().run(*arguments, **options)
        if self.crash_details:
            return Left("crashed", details=self.crash_details)
        return replace(left or Left("detached"), kept=Kept(self.shown, self.theme))

    def get_default_screen(self) -> Screen[Any]:
        """The screen of the sweep."""
        return SweepScreen(self, self.shown)

    @property
    def sweep_screen(self) -> SweepScreen:
        """The screen under all dialogs."""
        screen = self.screen_stack[0]
        assert isinstance(screen, SweepScreen)
        return screen

    @property
    def crash_path(self) -> Path:
        """Beside the records."""
        return self.following.folder.process_folder.viewer_log_path

    def on_mount(self) -> None:
        """Begins to follow the files and to draw."""
        self.call_after_refresh(self.spawn, self.frame_loop)
        for message in self.themes.messages[:1]:
            self.say(message, "warning")
        if self._remark:
            self.say(self._remark)

    def leave(self, left: exit_message.Left, details: str = "") -> None:
        """Ends the viewer."""
        self.note_leaving()
        self.exit(Left(left, details=details))

    def leave_sweep(self, how: How, run: int | None = None) -> None:
        """Ends the viewer as a key asked for."""
        self.exit(Left(how, run))

    def say(self, words: str, meaning: str = "text") -> None:
        """Shows a remark for a moment; `meaning` is a colour of the palette."""
        self.sweep_screen.say(words, meaning)

    def take_palette(self) -> None:
        """Draws with the colours of the theme that was chosen."""
        self.shown.palette = self.chosen_palette
        self.sweep_screen.show()

    def picture(self) -> str:
        """The screen as SVG."""
        return self.export_screenshot()

    def seconds_to_next(self) -> float:
        """Seconds from one look at the files to the next."""
        return max(_EVERY, super().seconds_to_next())

    def tick(self) -> None:
        """Takes what is new, and draws."""
        changed = self.following.read()
        if self.following.lost:
            self.leave("lost", self.following.lost)
            return
        self.shown.take(changed)
        if self.screen is self.sweep_screen:
            self.sweep_screen.show()


def watch_sweep(folder: SweepFolder, options: ViewOptions, remark: str = "", kept: Kept | None = None) -> Left:
    """Shows a sweep until it is left, with a remark at first, and as it was looked at; raises RunFolderError."""
    return SweepApp(folder, options, remark, kept).run()
