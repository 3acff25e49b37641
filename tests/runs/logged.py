"""Run folders with a log that no trainer wrote."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path

from grokterm.config import Config, Value
from grokterm.runs.folder import RunFolder, create_run
from grokterm.runs.log import LogWriter
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Event, Record, Scalars, Session
from tests.measured import measured


def numbers(step: int, test_accuracy: float = 0.1) -> Scalars:
    """The measures of a step."""
    return measured(
        step,
        step / 100,
        train_loss=0.01,
        test_loss=math.exp(-step / 500),
        train_accuracy=1.0,
        test_accuracy=test_accuracy,
    )


def logged(home: Path, last: int = 100, more: Sequence[Record] = (), /, **values: Value) -> RunFolder:
    """A run that memorized at step 10, with a record every 10 steps up to the last."""
    folder = create_run(Config(p=11).changed(values), ViewOptions(), home)
    append(folder, [Session(0, "started", "", 0.0), *(numbers(step) for step in range(0, last + 1, 10))])
    append(folder, [Event(10, "memorized", ""), *more, Session(last, "stopped", "stopped", 0.0)])
    return folder


def append(folder: RunFolder, records: Sequence[Record]) -> None:
    """Goes on with a log."""
    writer = LogWriter(folder.log_path)
    for record in records:
        writer.append(record)
    writer.close()
