"""The viewer: one run on the screen, drawn as often as the terminal and the viewer's share of the machine allow."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from textual.screen import Screen
from textual.worker import Worker

from grokterm.news import signal_bytes
from grokterm.runs.folder import RunFolder
from grokterm.runs.opened import opened_weights
from grokterm.tui.run.notices import Notices
from grokterm.tui.run.pending_changes import PendingChanges
from grokterm.tui.run.pictures import PictureRequester
from grokterm.tui.run.state import RunState
from grokterm.tui.run.time_travel import Cursor
from grokterm.tui.run.trainer_link import TrainerLink
from grokterm.tui.screens.watch import WatchScreen
from grokterm.tui.terminal.app import TerminalApp
from grokterm.tui.terminal.exit_message import Left, Outcome
from grokterm.tui.terminal.screenshot import save_screenshot
from grokterm.view_options import ViewOptions

if TYPE_CHECKING:
    from textual.command import Provider

    from grokterm.runs.compared import ComparedRun
    from grokterm.tui.screens.compare import CompareScreen


def _key_commands() -> type[Provider]:
    """What the palette offers, loaded with it."""
    from grokterm.tui.command_palette import KeyCommands

    return KeyCommands


class GrokApp(TerminalApp[Outcome], inherit_bindings=False):
    """Watches one run and carries what is asked for to its trainer."""

    COMMANDS: ClassVar[set[Any]] = {_key_commands}
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(
        self, folder: RunFolder, view: ViewOptions, compared: Sequence[ComparedRun] = (), notify: str = ""
    ) -> None:
        """Reads the run's configuration and the themes; begins with a comparison of `compared`.

        The terminal tells what is news where `notify` is bell or osc9.

        Raises RunFolderError.
        """
        super().__init__(view)
        self._follower: Worker[None] | None = None
        self._compared = list(compared)
        self._notify = notify
        self.comparison: CompareScreen | None = None
        """The screen that compares runs, while it is there."""
        self._open(folder)

    def run(self, *arguments: Any, **options: Any) -> Outcome:
        """Shows the run until it is left; the terminal is then as it was."""
        outcome = super().run(*arguments, **options)
        if self.crash_details:
            return Outcome("crashed", self.link.folder, self.crash_details)
        return outcome or Outcome("detached", self.link.folder)

    def get_default_screen(self) -> Screen[Any]:
        """The screen that watches."""
        return WatchScreen(self)

    @property
    def watch_screen(self) -> WatchScreen:
        """The screen under all dialogs."""
        screen = self.screen_stack[0]
        assert isinstance(screen, WatchScreen)
        return screen

    def on_mount(self) -> None:
        """Begins to follow the run and to draw."""
        if self._compared:
            self.show_comparison(self._compared)
        # What a long log says comes after the first paint, and so does the trainer.
        self.call_after_refresh(self._follow)
        self.call_after_refresh(self.spawn, self.frame_loop)
        for message in self.themes.messages[:1]:
            self.watch_screen.say(message, "warning")

    @property
    def crash_path(self) -> Path:
        """The run folder's own log of viewers."""
        return self.link.folder.viewer_log_path

    @property
    def compares(self) -> bool:
        """Whether several runs are shown in the present one's place."""
        return self.comparison is not None

    def leave(self, left: Left, details: str = "") -> None:
        """Ends the viewer; the trainer goes on unless it was stopped."""
        compared = self.comparison.comparison.runs if self.comparison else ()
        self.note_leaving()
        self.exit(Outcome(left, self.link.folder, details, compared=tuple(run.folder for run in compared)))

    def move_to(self, folder: RunFolder) -> None:
        """Shows another run in this one's place."""
        self._open(folder)
        self._follow()
        self.watch_screen.start_over()

    def show_comparison(self, runs: list[ComparedRun], equal_seconds: bool = False) -> None:
        """Shows runs on the same axes until that is left."""
        from grokterm.tui.screens.compare import CompareScreen

        self.comparison = CompareScreen(runs, self, equal_seconds)
        self.push_screen(self.comparison, self._compared_enough)

    def _compared_enough(self, _: None) -> None:
        self.comparison = None
        self.watch_screen.show()

    def take_palette(self) -> None:
        """Draws with the colours of the theme that was chosen."""
        self.state.palette = self.chosen_palette
        self.watch_screen.show()

    def save_screen(self, name: str = "") -> Path:
        """Saves a screenshot where the viewer was started, else with the run; raises RunFolderError.

        Without a name it is called after run and step.
        """
        run, moment = self.link.folder, self.state.moment
        step = moment.step if moment else self.state.status.step if self.state.status else 0
        name = name or f"grokterm-{run.id}-step-{step}"
        return save_screenshot(self.export_screenshot(), name, [Path.cwd(), run.path])

    def action_command_palette(self) -> None:
        """Opens the palette, but not over a dialog."""
        from grokterm.tui.command_palette import KeyPalette

        if self.screen is self.watch_screen:
            self.push_screen(KeyPalette())

    def forget_picture(self, name: str, /) -> None:
        """Drops the picture of a view that is closed, and what is still on its way of it."""
        self._requester.forget(name)

    def tick(self) -> None:
        """Reads what is new, asks for the next pictures, and draws."""
        if self.link.lost:
            self.leave("lost", self.link.lost)
            return
        self.link.read_log()
        self._tell_news()
        self.link.pass_time()
        panes = self.watch_screen.pane_control
        self._requester.tick(panes.wanted, panes.compared, self.frame_rate.picture_wait)
        if self.screen is self.watch_screen:
            self.watch_screen.show()
        elif self.screen is self.comparison:
            self.comparison.follow()

    def _tell_news(self) -> None:
        """Has the terminal tell what is news, where that is asked for."""
        for news in self._notices.take():
            if told := signal_bytes(self._notify, f"{news.run}, step {news.step:,}: {news.words}"):
                self.send_to_terminal(told)

    def _open(self, folder: RunFolder) -> None:
        old = getattr(self, "state", None)
        self.link = TrainerLink(folder)
        self._notices = Notices(folder.id, self.link.history)
        self.state = RunState(folder.id, self.link.history, self.view, self.chosen_palette)
        self.state.trained = opened_weights(folder) is None
        if old is not None:
            self.state.log_x, self.state.log_y = old.log_x, old.log_y
        self.pending_changes = PendingChanges(self.link, self.spawn, partial(self._settled, self.link))
        self.cursor = Cursor(self.state)
        self._requester = PictureRequester(self.link, self.state, self.spawn, self.draw_soon, self.say)

    def say(self, words: str, meaning: str = "text") -> None:
        """Shows a remark for a moment; `meaning` is a colour of the palette."""
        self.watch_screen.say(words, meaning)

    def _settled(self, link: TrainerLink, words: str, made: bool) -> None:
        """Tells how a change was answered, if its run is still the one that is shown."""
        if link is self.link and self.is_running:
            self.say(words, "accent" if made else "error")
            self.watch_screen.show()

    def _follow(self) -> None:
        if self._follower is not None:
            self._follower.cancel()
        self._follower = self.spawn(self.link.follow)
