"""A million steps seen by a viewer: `python -m tests.tui.a_day HOME` prints what came of it as JSON.

The log is written here by the real writer, as a trainer writes it, while a viewer without a terminal follows it.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any

import psutil

from grokterm.config import Config
from grokterm.runs.folder import create_run
from grokterm.runs.history import PROGRESS
from grokterm.runs.log import LogWriter
from grokterm.tui.app import GrokApp
from grokterm.tui.panes import AccuracyPane
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Progress, Scalars, Session, Spectrum

STEPS = 1_000_000
SPIKE = 777_770
"""The one step at which no test pair is wrong."""
TENTHS = 10
KEYS = (3, 14, 15, 92, 65)


def write(log: LogWriter, first: int, last: int) -> None:
    """The records of some steps: numbers every 10, measures of the logits every 50, a spectrum every 500."""
    measures: dict[str, Any] = dict.fromkeys(PROGRESS, 1.23456)
    squares: dict[str, float | None] = {"W_a": 123.4, "W_b": 123.4, "W_out": 123.4}
    weights: dict[str, Any] = {"key_frequencies": KEYS, "squared_weights": squares}
    weights |= {"embedding_gini": 0.12345, "read_out_gini": 0.12345}
    for step in range(first, last, 10):
        test = 1.0 if step == SPIKE else 0.012345678901234567
        numbers = Scalars(
            step,
            step / 2345.678,
            train_loss=0.012345678901234567,
            test_loss=4.567890123456789,
            train_accuracy=1.0,
            test_accuracy=test,
            sum_squared_weights=123.456789,
            gradient_norm=0.5,
            **weights,
        )
        log.append(numbers)
        if step % 50 == 0:
            log.append(Progress(step, **measures))
        if step % 500 == 0:
            log.append(Spectrum(step, (0.123,) * 48))


def resident() -> int:
    """Bytes of this process in memory."""
    return int(psutil.Process().memory_info().rss)


async def day(home: Path) -> dict[str, object]:
    """Writes and watches, tenth by tenth."""
    folder = create_run(Config(), ViewOptions(), home)
    log = LogWriter(folder.log_path)
    log.append(Session(0, "started", "", 0.0))
    app, sizes = GrokApp(folder, ViewOptions(graph="ascii", color="truecolor")), []
    async with app.run_test(size=(160, 50)) as pilot:
        for tenth in range(TENTHS):
            first, last = (STEPS * n // TENTHS for n in (tenth, tenth + 1))
            # What is cached_logits of drawings is full after the first tenth, as it is in a real one.
            portions = 4 if tenth else 25
            for portion in range(portions):
                write(log, *(first + (last - first) * n // portions for n in (portion, portion + 1)))
                app.tick()
                await pilot.pause()
            if not tenth:
                await pilot.press("x", "y", "x", "y", "question_mark", "escape")
            sizes.append(resident())
        pane = app.watch_screen.query_one(AccuracyPane)
        top = pane.render_line(0).text
        records = len(app.link.history)
    return {"sizes": sizes, "log": folder.log_path.stat().st_size, "top": top, "records": records}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(day(Path(sys.argv[1])))))
