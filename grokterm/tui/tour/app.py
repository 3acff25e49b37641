"""The viewer of the tour: a chapter's run on the screen, and the way from one chapter to the next."""

from __future__ import annotations

import asyncio
from typing import Any

from textual.screen import Screen

from grokterm.errors import GroktermError
from grokterm.runs.folder import RunFolder
from grokterm.tour.tour import Tour
from grokterm.tui.app import GrokApp
from grokterm.tui.tour.screen import TourScreen
from grokterm.view_options import ViewOptions


class TourApp(GrokApp, inherit_bindings=False):
    """Watches the run of a chapter, and goes from chapter to chapter."""

    def __init__(self, tour: Tour, folder: RunFolder, view: ViewOptions, notify: str = "") -> None:
        """As a viewer of the chapter's run; raises RunFolderError."""
        super().__init__(folder, view, (), notify)
        self._tour = tour
        self._wanted = tour.number
        self._turning = False

    def get_default_screen(self) -> Screen[Any]:
        """The screen that watches, with the panel of the tour."""
        return TourScreen(self, self._tour, self.turn)

    def on_mount(self) -> None:
        """Says what there is to say at first."""
        if self._tour.remark:
            self.say(self._tour.remark, "warning")

    def turn(self, stride: int) -> None:
        """Goes on by so many chapters, as far as there are any; presses that come quickly are taken together."""
        wanted = min(max(self._wanted + stride, 1), len(self._tour.chapters))
        if wanted == self._wanted:
            self.say("this is the last chapter" if stride > 0 else "this is the first chapter")
            return
        self._wanted = wanted
        if self._turning:
            self.say(f"chapter {wanted} follows when the trainer of the last one has ended")
        else:
            self._turning = True
            self.spawn(self._turn)

    def move_to(self, folder: RunFolder) -> None:
        """Shows another run in this one's place, and takes it for the chapter's."""
        super().move_to(folder)
        try:
            self._tour.follow(folder)
        except GroktermError as error:
            self.say(str(error), "error")

    async def _turn(self) -> None:
        """Shows the chapter that is wanted, and ends the trainer of the one before."""
        try:
            while self._wanted != self._tour.number:
                folder = await asyncio.to_thread(self._tour.open, self._wanted, self.state.view)
                control = self.watch_screen.view_control
                control.close()
                self.move_to(folder)
                # In the place of what was said of the run before.
                self.say(f"chapter {self._tour.number}: {self._tour.chapter.title}", "accent")
                await asyncio.to_thread(self._tour.stop_others, folder)
        except GroktermError as error:
            self._wanted = self._tour.number
            self.say(str(error), "error")
        finally:
            self._turning = False
