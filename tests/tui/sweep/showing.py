"""The viewer of a sweep in a test, on a sweep whose runs are made up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import numpy as np
from textual.pilot import Pilot

from grokterm.sweeps.cells import CellsWriter
from grokterm.sweeps.curves import COLUMNS, CurveWriter
from grokterm.sweeps.folder import SweepFolder, create_sweep
from grokterm.sweeps.plan import Plan, PlannedRun
from grokterm.tui.sweep.app import Left, SweepApp
from grokterm.view_options import ViewOptions
from grokterm.wire.swept import SweptRun
from tests.patience import PATIENCE
from tests.sweeps.swept import ended, plan_of

Found = TypeVar("Found")

SMALL = plan_of("wd=0.1,0.3,1,3", "frac=0.3,0.5,0.7", seeds=2)


def steps_of(run: PlannedRun) -> float | None:
    """Sooner with more weight decay and data; never at the least of both."""
    across, up = run.cell.point[:2]
    return None if across + up == 0 else 8000 / (1 + across + 2 * up) + 100 * run.seed


class Filling:
    """A sweep on disk that fills as a coordinator fills it."""

    def __init__(self, home: Path, plan: Plan = SMALL) -> None:
        home.mkdir(parents=True, exist_ok=True)
        self.plan, self.folder = plan, create_sweep(plan, home)
        self._cells, self._curves = CellsWriter(self.folder.cells_path), CurveWriter(self.folder.curves_path, 0)

    def write(self, *records: SweptRun) -> None:
        self._cells.append(*records)

    def end(self, *numbers: int) -> None:
        """Ends runs, each with a curve of 21 points."""
        for number in numbers:
            run = self.plan.run(number)
            record = ended(self.plan, run, steps_of(run))
            steps = np.linspace(0, record.step, 21, dtype=np.float32)
            curve = np.full((len(COLUMNS), 21), 0.5, dtype=np.float32)
            curve[:3] = steps, steps >= 100, np.where(steps >= record.step, record.test_accuracy or 0, 0.05)
            [place] = self._curves.append(curve)
            self.write(ended(self.plan, run, steps_of(run), curve=place))

    def end_all(self) -> SweepFolder:
        self.end(*range(self.plan.run_count))
        return self.folder


class Showing:
    """An app on a sweep, and what stands on its screen."""

    def __init__(self, app: SweepApp, pilot: Pilot[Left]) -> None:
        self.app, self.pilot = app, pilot

    def text(self) -> str:
        width, height = self.app.size
        strips = self.app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip)[:width] for strip in strips[:height])

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)

    async def until(self, condition: Callable[[], Found], what: str) -> Found:
        deadline = time.monotonic() + PATIENCE
        while not (found := condition()):
            assert time.monotonic() < deadline, f"{what} did not come about; the screen:\n{self.text()}"
            await asyncio.sleep(0.03)
        return found

    async def shows(self, *parts: str) -> None:
        await self.until(lambda: not any(self._missing(parts)), f"{parts} on the screen")

    async def hides(self, *parts: str) -> None:
        await self.until(lambda: all(self._missing(parts)), f"{parts} off the screen")

    def _missing(self, parts: Sequence[str]) -> list[bool]:
        """Whether each is not on the screen."""
        text = self.text()
        return [part not in text for part in parts]


@asynccontextmanager
async def showing(
    folder: SweepFolder, size: tuple[int, int] = (120, 40), view: ViewOptions | None = None
) -> AsyncIterator[Showing]:
    """An app on a sweep; what it raises, the test raises."""
    app = SweepApp(folder, view or ViewOptions(color="truecolor"))
    async with app.run_test(size=size) as pilot:
        yield Showing(app, pilot)
