"""Training as a trainer does it, with every record of the log made and none written."""

from __future__ import annotations

from grokterm.config import Config
from grokterm.lab.engine import Engine
from grokterm.replay.recording import STRUCTURE_EVERY, is_due, steps_to_next, take_records
from grokterm.replay.trackers import Trackers


class Recorded:
    """A run in this process, and the records that it would write."""

    def __init__(self, config: Config) -> None:
        self.engine = Engine(config)
        self.trackers = Trackers(config)

    def advance(self, steps: int) -> None:
        """Takes steps and makes the records that are due on the way; the last one waits for the device."""
        engine, stop = self.engine, self.engine.step + steps
        while engine.step < stop and engine.advance(min(steps_to_next(engine.config, engine.step), stop - engine.step)):
            if is_due(engine.config, engine.step):
                take_records(engine, 0.0, self.trackers, self.trackers.take)


def whole_round(config: Config) -> int:
    """Steps after which every kind of record was made as often as in any other stretch of so many."""
    return STRUCTURE_EVERY * config.measure_every
