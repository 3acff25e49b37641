"""The viewer in a test: a real trainer on a tiny model, a screen in memory, keys as a person presses them."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

from textual.pilot import Pilot

from grokterm.config import Config
from grokterm.runs.folder import RunFolder, list_runs
from grokterm.runs.log import LogReader
from grokterm.runs.process import exit_status, trainer_alive, trainer_of
from grokterm.tui.app import GrokApp
from grokterm.tui.screens.watch import WatchScreen
from grokterm.tui.terminal.exit_message import Outcome
from grokterm.tui.watch.view_control import ViewControl
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Change, Record
from tests.patience import PATIENCE

Found = TypeVar("Found")

TINY = Config(p=11, width=32, d_model=8, heads=2, pace=10.0, log_every=5, precision="float32", device="cpu")
"""A run of which a step takes no time, and that leaves the processor to the screen."""


class Watching:
    """An app on a run, and what stands on its screen."""

    def __init__(self, app: GrokApp, pilot: Pilot[Outcome]) -> None:
        self.app = app
        self.pilot = pilot

    @property
    def screen(self) -> WatchScreen:
        return self.app.watch_screen

    @property
    def views(self) -> ViewControl:
        return self.screen.view_control

    @property
    def header(self) -> str:
        return self.screen.header_line.render().plain

    @property
    def footer(self) -> str:
        return self.screen.footer_line.render().plain

    def text(self) -> str:
        """Everything on the screen, dialogs too."""
        width, height = self.app.size
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip)[:width] for strip in strips[:height])

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def type(self, text: str) -> None:
        await self.pilot.press(*text)

    async def until(
        self, condition: Callable[[], Found], what: str = "the condition", seconds: float = PATIENCE
    ) -> Found:
        """What the condition gives as soon as that is true; fails when it is not in time."""
        deadline = time.monotonic() + seconds
        while not (found := condition()):
            assert time.monotonic() < deadline, f"{what} did not come about; the screen:\n{self.text()}"
            await asyncio.sleep(0.03)
        return found

    async def shows(self, *parts: str) -> None:
        """Waits until all of this stands on the screen."""

        def stand() -> bool:
            text = self.text()
            return all(part in text for part in parts)

        await self.until(stand, f"{parts} on the screen")

    async def trains(self) -> None:
        """Waits until the trainer has answered and trains."""
        await self.until(lambda: self.app.link.state == "training", "training")

    async def paused(self) -> int:
        """Pauses, where it does not yet, and gives the step, when all records up to there are read."""
        link, control = self.app.link, self.screen.run_control
        if control.shown_state != "paused":  # which it is from the key on, before the trainer has answered
            await self.press("space")
        await self.until(lambda: link.state == control.shown_state == "paused" and link.status, "a pause")
        assert link.status is not None
        step = link.status.step
        last = step - step % link.history.config.log_every
        await self.until(lambda: link.history.last and link.history.last.step >= last, "the record of the pause")
        return step

    def records(self) -> list[Record]:
        return LogReader(self.app.link.folder.log_path).read()

    def changes(self) -> list[Change]:
        return [record for record in self.records() if isinstance(record, Change)]


@asynccontextmanager
async def watch(
    folder: RunFolder, size: tuple[int, int] = (120, 40), view: ViewOptions | None = None
) -> AsyncIterator[Watching]:
    """An app on a run; what it raises, the test raises."""
    app = GrokApp(folder, view or ViewOptions(color="truecolor", narrator="off"))
    async with app.run_test(size=size) as pilot:
        yield Watching(app, pilot)


def end_trainers(home: Path) -> None:
    """Kills the trainers of all runs in a home, and waits until they are gone."""
    for folder in list_runs(home) if home.is_dir() else []:
        deadline = time.monotonic() + PATIENCE
        while trainer_alive(folder):
            assert time.monotonic() < deadline, f"the trainer of {folder.id} does not end"
            trainer = trainer_of(folder)
            if trainer is not None:
                with suppress(ProcessLookupError):
                    os.kill(trainer.pid, signal.SIGKILL)
            time.sleep(0.02)
        exit_status(folder)
