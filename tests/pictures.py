"""Makes pictures of real runs in a headless viewer of 120×40.

python tests/pictures.py .github/pictures    README's: one run at three moments, and a view of another
python tests/pictures.py --views FOLDER      every view, of a transformer and of an MLP with embeddings
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

# Textual reads its colours when it is imported, and a folder without a colour terminal must not change the pictures.
os.environ |= {"COLORTERM": "truecolor", "TERM": "xterm-256color"}
os.environ.pop("NO_COLOR", None)

from textual.pilot import Pilot

from grokterm.config import Config
from grokterm.runs.folder import RunFolder, create_run
from grokterm.runs.process import start_trainer, trainer_alive
from grokterm.tui.app import GrokApp
from grokterm.tui.terminal.exit_message import Outcome
from grokterm.tui.terminal.screenshot import self_contained
from grokterm.tui.views.catalogue import views
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Scalars

CONFIG = Config.starting({"p": 97, "pace": 60.0})
MOMENTS: dict[str, Callable[[Scalars], bool]] = {
    "memorizing": lambda now: now.train_accuracy >= 0.995 and now.step >= 150,
    "generalizing": lambda now: now.test_accuracy >= 0.5,
    "grokked": lambda now: now.test_accuracy >= 0.998,
}
GROKKING = {
    720: Config(p=59, arch="transformer", lr=3e-3, pace="max"),
    1600: Config(p=59, arch="mlp", lr=3e-3, pace="max"),
}
"""Runs that grok in seconds, by the step at which they have."""
CIRCLES = {3000: Config(p=97, arch="transformer", pace="max")}
"""The run whose circles are shown, by the step at which it has cleaned up."""
SIZE = (120, 40)
SETTLED = 1.0
"""Seconds for frames and curves to be drawn."""
PATIENCE = 120.0
"""Seconds to wait for a picture of the model."""


async def take(into: Path) -> None:
    """Watches one run and saves the screen at each moment."""
    with tempfile.TemporaryDirectory() as home:
        view = ViewOptions(color="truecolor")
        folder = create_run(CONFIG, view, Path(home))
        start_trainer(folder)
        app = GrokApp(folder, view)
        async with app.run_test(size=SIZE) as pilot:
            for name, reached in MOMENTS.items():
                while not (last := app.state.history.last) or not reached(last):
                    await pilot.pause(0.05)
                await pilot.press("space")
                await pilot.pause(SETTLED)
                (into / f"{name}.svg").write_text(self_contained(app.export_screenshot()), encoding="utf-8")
                await pilot.press("space")
            await _leave(folder, pilot)


async def take_views(into: Path, config: Config, step: int, names: Mapping[int, str]) -> None:
    """Trains a run to a step and saves views of it by number, under their names."""
    with tempfile.TemporaryDirectory() as home:
        view = ViewOptions(color="truecolor")
        folder = create_run(config, view, Path(home))
        start_trainer(folder)
        app = GrokApp(folder, view)
        async with app.run_test(size=SIZE) as pilot:
            while not (last := app.state.history.last) or last.step < step:
                await pilot.pause(0.1)
            await pilot.press("space")
            while app.link.state != "paused":
                await pilot.pause(0.1)
            for number, name in names.items():
                await _open(app, pilot, number)
                (into / f"{name}.svg").write_text(self_contained(app.export_screenshot()), encoding="utf-8")
            await _leave(folder, pilot)


async def _leave(folder: RunFolder, pilot: Pilot[Outcome]) -> None:
    """Ends the trainer, which writes into the folder until it has gone."""
    await pilot.press("q")
    while trainer_alive(folder):
        await asyncio.sleep(0.05)


async def _open(app: GrokApp, pilot: Pilot[Outcome], number: int) -> None:
    """Goes on to a view, and waits until its pictures are there."""
    screen, deadline = app.watch_screen, time.monotonic() + PATIENCE
    while (view := screen.view_control.view) is None or view.number != number:
        await pilot.press("n")
    while time.monotonic() < deadline:
        picture, before = view.picture(app.state), view.before(app.state)
        if not view.pictured or (
            picture is not None and (before is not None or not view.compares or not picture.arrays)
        ):
            break
        await pilot.pause(0.1)
    await pilot.pause(SETTLED)


async def _every_view(into: Path) -> None:
    for step, config in GROKKING.items():
        names = {number: f"{config.arch}-{number:02}-{view.name}" for number, view in views().items()}
        await take_views(into, config, step, names)


async def _readme(into: Path) -> None:
    await take(into)
    for step, config in CIRCLES.items():
        await take_views(into, config, step, {n: view.name for n, view in views().items() if view.name == "circles"})


if __name__ == "__main__":
    of_views = "--views" in sys.argv
    target = Path(next(word for word in sys.argv[1:] if word != "--views"))
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(_every_view(target) if of_views else _readme(target))
