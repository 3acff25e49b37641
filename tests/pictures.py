"""Makes README's pictures: one real run at three moments, in a headless viewer of 120×40.

python tests/pictures.py .github/pictures
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

# Textual reads its colours when it is imported, and a folder without a colour terminal must not change the pictures.
os.environ |= {"COLORTERM": "truecolor", "TERM": "xterm-256color"}
os.environ.pop("NO_COLOR", None)

from grokterm.config import Config
from grokterm.runs.folder import create_run
from grokterm.runs.process import start_trainer
from grokterm.tui.app import GrokApp
from grokterm.tui.picture import self_contained
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Scalars

CONFIG = Config(p=97, arch="embed-mlp", pace=60.0)
MOMENTS: dict[str, Callable[[Scalars], bool]] = {
    "memorizing": lambda now: now.train_accuracy >= 0.995 and now.step >= 400,
    "generalizing": lambda now: now.test_accuracy >= 0.5,
    "grokked": lambda now: now.test_accuracy >= 0.998,
}
SETTLED = 1.0
"""Seconds for frames and curves to be drawn."""


async def take(into: Path) -> None:
    """Watches one run and saves the screen at each moment."""
    with tempfile.TemporaryDirectory() as home:
        view = ViewOptions(color="truecolor")
        folder = create_run(CONFIG, view, Path(home))
        start_trainer(folder)
        app = GrokApp(folder, view)
        async with app.run_test(size=(120, 40)) as pilot:
            for name, reached in MOMENTS.items():
                while not (last := app.world.history.last) or not reached(last):
                    await pilot.pause(0.05)
                await pilot.press("space")
                await pilot.pause(SETTLED)
                (into / f"{name}.svg").write_text(self_contained(app.export_screenshot()), encoding="utf-8")
                await pilot.press("space")
            await pilot.press("q")


if __name__ == "__main__":
    target = Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(take(target))
