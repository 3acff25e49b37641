"""The base of what is shown on a terminal: themes, colours, signals, frames no faster than the terminal takes them."""

from __future__ import annotations

import asyncio
import os
import signal
import time
import traceback
from abc import abstractmethod
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, TypeVar

from rich.console import Console
from textual.app import App, ScreenStackError
from textual.events import Event, InputEvent
from textual.filter import LineFilter, Monochrome, NoColor
from textual.worker import Worker, WorkerFailed

from grokterm.loading import load_now
from grokterm.real_files import open_file
from grokterm.tui.terminal.colors import SYSTEMS, offered, suited
from grokterm.tui.terminal.driver import TerminalDriver
from grokterm.tui.terminal.exit_message import Left
from grokterm.tui.terminal.first_paint import early_signal
from grokterm.tui.terminal.frame_rate import FrameRate
from grokterm.tui.terminal.memory import give_back_early
from grokterm.tui.terminal.typed_ahead import InTurn
from grokterm.tui.theme import load_themes
from grokterm.view_options import ViewOptions, shown_colors

Result = TypeVar("Result")

_BEHIND: Final = 0.03
"""Seconds after which a terminal that is behind is looked at again."""
_SIGNALS: Final[dict[signal.Signals, Left]] = {signal.SIGTERM: "terminated", signal.SIGHUP: "hung up"}


class TerminalApp(InTurn, App[Result], inherit_bindings=False):
    """Draws as often as the terminal and its share of the machine allow, and ends with what it comes back with."""

    TITLE = "grokterm"

    def __init__(self, view: ViewOptions) -> None:
        """Reads the themes and takes the one that suits the terminal."""
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
        self.chosen_palette = chosen.palette
        self.frame_rate = FrameRate.here(view.fps)
        self.left_early = False
        """Whether it ended before it took the terminal over."""
        self.crash_details = ""
        """What failed and where the details are."""
        self._signaled = False
        self._soon = asyncio.Event()

    @abstractmethod
    def tick(self) -> None:
        """Takes what is new, and draws."""

    @abstractmethod
    def leave(self, left: Left, details: str = "") -> None:
        """Ends it; `details` say why where that was nobody's wish."""

    @property
    @abstractmethod
    def crash_path(self) -> Path:
        """Where the details of a failure are kept."""

    @abstractmethod
    def say(self, words: str, meaning: str = "text") -> None:
        """Shows a remark for a moment; `meaning` is a colour of the palette."""

    def take_palette(self) -> None:
        """Draws with the colours of the theme that was chosen."""

    def run(self, *arguments: Any, **options: Any) -> Result | None:
        """Shows it until it is left; the terminal is then as it was."""
        self._signaled = True
        return super().run(*arguments, **options)

    def get_line_filters(self) -> Sequence[LineFilter]:
        """Colours as they were asked for, also for what Textual draws by itself."""
        if self.shown_colors == "none":
            return [NoColor()]
        return [found for found in super().get_line_filters() if not isinstance(found, Monochrome)]

    def on_load(self) -> None:
        """Answers signals from before the terminal is taken over to after it is given back."""
        for number, left in _SIGNALS.items() if self._signaled else ():
            asyncio.get_running_loop().add_signal_handler(number, self.leave, left)
        if self._signaled and (early := early_signal()) is not None:
            self.leave(_SIGNALS[early])

    def on_ready(self) -> None:
        """Sees to memory once something is drawn: what grows, grows later."""
        give_back_early()

    async def on_event(self, event: Event) -> None:
        """Passes over keys that come after the last screen is gone."""
        if isinstance(event, InputEvent):
            try:
                _ = self.screen
            except ScreenStackError:
                return
        await super().on_event(event)

    def note_leaving(self) -> None:
        """Keeps whether the terminal was taken over, before it is left."""
        self.left_early = self._driver is None

    def send_to_terminal(self, codes: str) -> None:
        """Hands control codes that draw nothing to the terminal."""
        if self._driver is not None:
            self._driver.write(codes)

    @property
    def bytes_sent(self) -> int | None:
        """Bytes that the terminal took; None where they are not counted."""
        return self._driver.output.count if isinstance(self._driver, TerminalDriver) else None

    def spawn(self, work: Callable[[], Coroutine[None, None, None]]) -> Worker[None]:
        """Runs something beside; its failure is the viewer's."""
        return self.run_worker(work)

    def use_theme(self, name: str) -> None:
        """Changes the theme."""
        self.theme = name
        self.chosen_palette = self.themes[name].palette
        self.say(f"theme {name}: {self.themes[name].words}")
        self.take_palette()

    def next_theme(self) -> None:
        """Goes on to the next theme that the terminal can show."""
        names = offered(self.themes, self.shown_colors)
        at = names.index(self.theme) if self.theme in names else -1
        self.use_theme(names[(at + 1) % len(names)])

    def theme_words(self) -> list[tuple[str, str]]:
        """The themes that suit the terminal, each with what it is."""
        return [(name, self.themes[name].words) for name in offered(self.themes, self.shown_colors)]

    def draw_soon(self) -> None:
        """Makes the next tick come at once: somebody waits for what it asks for or draws."""
        self._soon.set()

    def seconds_to_next(self) -> float:
        """Seconds from one tick to the next."""
        return self.frame_rate.wait()

    async def frame_loop(self) -> None:
        """Ticks for as long as the viewer runs, never while the terminal has not taken the last frame."""
        load_now("numpy")  # which drawing a log or a picture takes; the screen is there by now
        driver = self._driver
        watched = driver if isinstance(driver, TerminalDriver) else None
        while self.is_running:
            seconds, sent = time.process_time(), watched.output.count if watched else 0
            self.tick()
            with suppress(TimeoutError):
                async with asyncio.timeout(self.seconds_to_next()):
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
        """Keeps the details of a failure, and ends."""
        if isinstance(error, WorkerFailed) and isinstance(error.error, Exception):
            error = error.error
        if not self.crash_details:
            path = self.crash_path
            try:
                opened = open_file(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
                with os.fdopen(opened, "a", encoding="utf-8") as file:
                    file.write("".join(traceback.format_exception(error)))
                where = f"details are in {path}"
            except OSError:
                where = "".join(traceback.format_exception(error))
            self.crash_details = f"{type(error).__name__}: {error}".rstrip(": ") + f"; {where}"
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        self._close_messages_no_wait()
