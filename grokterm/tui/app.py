"""The viewer: one run on the screen, drawn as often as the terminal and the viewer's share of the machine allow."""

from __future__ import annotations

import asyncio
import os
import signal
import time
import traceback
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Final

from rich.console import Console
from textual.app import App, ScreenStackError
from textual.events import Event, InputEvent
from textual.filter import LineFilter, Monochrome, NoColor
from textual.screen import Screen
from textual.worker import Worker, WorkerFailed

from grokterm.loading import load_now
from grokterm.real_files import open_file
from grokterm.runs.folder import RunFolder
from grokterm.tui.run.pending_changes import PendingChanges
from grokterm.tui.run.pictures import PictureRequester
from grokterm.tui.run.state import RunState
from grokterm.tui.run.time_travel import Cursor
from grokterm.tui.run.trainer_link import TrainerLink
from grokterm.tui.screens.watch import WatchScreen
from grokterm.tui.terminal.colors import SYSTEMS, offered, suited
from grokterm.tui.terminal.driver import TerminalDriver
from grokterm.tui.terminal.exit_message import Left, Outcome
from grokterm.tui.terminal.frame_rate import FrameRate
from grokterm.tui.terminal.memory import give_back_early
from grokterm.tui.terminal.screenshot import save_screenshot
from grokterm.tui.theme import load_themes
from grokterm.view_options import ViewOptions, shown_colors

if TYPE_CHECKING:
    from textual.command import Provider

    from grokterm.runs.compared import ComparedRun
    from grokterm.tui.screens.compare import CompareScreen

_BEHIND: Final = 0.03
"""Seconds after which a terminal that is behind is looked at again."""
_SIGNALS: Final[dict[signal.Signals, Left]] = {signal.SIGTERM: "terminated", signal.SIGHUP: "hung up"}


def _key_commands() -> type[Provider]:
    """What the palette offers, loaded with it."""
    from grokterm.tui.command_palette import KeyCommands

    return KeyCommands


class GrokApp(App[Outcome], inherit_bindings=False):
    """Watches one run and carries what is asked for to its trainer."""

    TITLE = "grokterm"
    COMMANDS: ClassVar[set[Any]] = {_key_commands}
    COMMAND_PALETTE_BINDING = "ctrl+p"

    def __init__(self, folder: RunFolder, view: ViewOptions, compared: Sequence[ComparedRun] = ()) -> None:
        """Reads the run's configuration and the themes; begins with a comparison of `compared`.

        Raises RunFolderError.
        """
        give_back_early()
        self.shown_colors = shown_colors(view.color)
        super().__init__(driver_class=TerminalDriver)
        self.console = Console(
            color_system=SYSTEMS[self.shown_colors], force_terminal=True, legacy_windows=False, file=self.console.file
        )
        self.view = view
        self.themes = load_themes()
        for theme in self.themes.values():
            self.register_theme(theme.textual())
        chosen = suited(self.themes, view.theme, self.shown_colors)
        self.theme = chosen.name
        self.frame_rate = FrameRate.here(view.fps)
        self._palette = chosen.palette
        self.left_early = False
        """Whether it ended before it took the terminal over."""
        self._signaled = False
        self._details = ""
        self._follower: Worker[None] | None = None
        self._soon = asyncio.Event()
        self._compared = list(compared)
        self.comparison: CompareScreen | None = None
        """The screen that compares runs, while it is there."""
        self._open(folder)

    def run(self, *arguments: Any, **options: Any) -> Outcome:
        """Shows the run until it is left; the terminal is then as it was."""
        self._signaled = True
        outcome = super().run(*arguments, **options)
        if self._details:
            return Outcome("crashed", self.link.folder, self._details)
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

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Colours as they were asked for, also for what Textual draws by itself."""
        if self.shown_colors == "none":
            return [NoColor()]
        return [found for found in super().get_line_filters() if not isinstance(found, Monochrome)]

    def on_load(self) -> None:
        """Answers signals from before the terminal is taken over to after it is given back."""
        for number, left in _SIGNALS.items() if self._signaled else ():
            asyncio.get_running_loop().add_signal_handler(number, self.leave, left)

    async def on_event(self, event: Event) -> None:
        """Passes over keys that come after the last screen is gone."""
        if isinstance(event, InputEvent):
            try:
                _ = self.screen
            except ScreenStackError:
                return
        await super().on_event(event)

    def on_mount(self) -> None:
        """Begins to follow the run and to draw."""
        if self._compared:
            self.show_comparison(self._compared)
        # What a long log says comes after the first paint, and so does the trainer.
        self.call_after_refresh(self._follow)
        self.call_after_refresh(self.spawn, self._frame_loop)
        for message in self.themes.messages[:1]:
            self.watch_screen.say(message, "warning")

    @property
    def compares(self) -> bool:
        """Whether several runs are shown in the present one's place."""
        return self.comparison is not None

    def leave(self, left: Left, details: str = "") -> None:
        """Ends the viewer; the trainer goes on unless it was stopped."""
        compared = self.comparison.comparison.runs if self.comparison else ()
        self.left_early = self._driver is None
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

    def spawn(self, work: Callable[[], Coroutine[None, None, None]]) -> Worker[None]:
        """Runs something beside; its failure is the viewer's."""
        return self.run_worker(work)

    def use_theme(self, name: str) -> None:
        """Changes the theme."""
        self.theme = name
        self._palette = self.state.palette = self.themes[name].palette
        self.watch_screen.say(f"theme {name}: {self.themes[name].words}")
        self.watch_screen.show()

    def next_theme(self) -> None:
        """Goes on to the next theme that the terminal can show."""
        names = offered(self.themes, self.shown_colors)
        at = names.index(self.theme) if self.theme in names else -1
        self.use_theme(names[(at + 1) % len(names)])

    def theme_words(self) -> list[tuple[str, str]]:
        """The themes that suit the terminal, each with what it is."""
        return [(name, self.themes[name].words) for name in offered(self.themes, self.shown_colors)]

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

    def draw_soon(self) -> None:
        """Makes the next tick come at once: somebody waits for what it asks for or draws."""
        self._soon.set()

    def tick(self) -> None:
        """Reads what is new, asks for the next pictures, and draws."""
        if self.link.lost:
            self.leave("lost", self.link.lost)
            return
        self.link.read_log()
        self.link.pass_time()
        panes = self.watch_screen.pane_control
        self._requester.tick(panes.wanted, panes.compared, self.frame_rate.picture_wait)
        if self.screen is self.watch_screen:
            self.watch_screen.show()
        elif self.screen is self.comparison:
            self.comparison.follow()

    def _open(self, folder: RunFolder) -> None:
        old = getattr(self, "state", None)
        self.link = TrainerLink(folder)
        self.state = RunState(folder.id, self.link.history, self.view, self._palette)
        if old is not None:
            self.state.log_x, self.state.log_y = old.log_x, old.log_y
        self.pending_changes = PendingChanges(self.link, self.spawn, partial(self._settled, self.link))
        self.cursor = Cursor(self.state)
        self._requester = PictureRequester(self.link, self.state, self.spawn, self.draw_soon, self._say)

    def _say(self, words: str, color: str) -> None:
        self.watch_screen.say(words, color)

    def _settled(self, link: TrainerLink, words: str, made: bool) -> None:
        """Tells how a change was answered, if its run is still the one that is shown."""
        if link is self.link and self.is_running:
            self._say(words, "accent" if made else "error")
            self.watch_screen.show()

    def _follow(self) -> None:
        if self._follower is not None:
            self._follower.cancel()
        self._follower = self.spawn(self.link.follow)

    async def _frame_loop(self) -> None:
        """Ticks for as long as the viewer runs, never while the terminal has not taken the last frame."""
        load_now("numpy")  # which drawing a log or a picture takes; the screen is there by now
        driver = self._driver
        watched = driver if isinstance(driver, TerminalDriver) else None
        while self.is_running:
            seconds, sent = time.process_time(), watched.output.count if watched else 0
            self.tick()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.frame_rate.wait()):
                    await self._soon.wait()
            self._soon.clear()
            while watched and watched.behind and not watched.gone:
                await asyncio.sleep(_BEHIND)
            if watched and watched.gone:
                self.leave("hung up")
                return
            if watched and watched.lost:
                watched.lost = False
                self.screen.refresh(layout=True)
            self.frame_rate.drawn(time.process_time() - seconds, (watched.output.count if watched else 0) - sent)

    def _handle_exception(self, error: Exception) -> None:
        """Keeps the details of a failure in the run's folder, and ends."""
        if isinstance(error, WorkerFailed) and isinstance(error.error, Exception):
            error = error.error
        if not self._details:
            path = self.link.folder.viewer_log_path
            try:
                opened = open_file(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
                with os.fdopen(opened, "a", encoding="utf-8") as file:
                    file.write("".join(traceback.format_exception(error)))
                where = f"details are in {path}"
            except OSError:
                where = "".join(traceback.format_exception(error))
            self._details = f"{type(error).__name__}: {error}".rstrip(": ") + f"; {where}"
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()
