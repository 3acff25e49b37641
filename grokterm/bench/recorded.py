"""Training as a trainer does it, with every record of the log made and none written."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import Final

from grokterm.config import Config
from grokterm.lab.engine import Engine
from grokterm.training.recording import STRUCTURE_EVERY, is_due, make_records, steps_to_next
from grokterm.training.trackers import Trackers

AT_ONCE: Final = 0.1
"""Seconds of steps, beside which it counts little that the first one finds other things in the caches."""


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
                make_records(engine, 0.0, self.trackers, self.trackers.update)

    def record(self, step: int) -> None:
        """Makes the records that would be due if the present model were that of another step."""
        engine = self.engine
        now, engine.step = engine.step, step
        try:
            make_records(engine, 0.0, Trackers(engine.config), lambda record: [])
        finally:
            engine.step = now


def steps_at_once(engine: Engine, least: int) -> int:
    """Steps that take `AT_ONCE` seconds together, `least` where they are slow; takes twice as many as those first."""
    engine.advance(least)
    start = time.perf_counter()
    engine.advance(least)
    return max(least, int(AT_ONCE * least / (time.perf_counter() - start)))


def parts(recorded: Recorded, steps: int) -> dict[str, Callable[[], object]]:
    """What a whole round is made of: some steps without records, and each kind of record without steps."""
    config = recorded.engine.config
    due = {"log": config.log_every, "measures": config.measure_every, "structure": whole_round(config)}
    records = {kind: partial(recorded.record, step) for kind, step in due.items()}
    return {"steps": partial(recorded.engine.advance, steps), **records}


def seconds_a_step(config: Config, steps: int, taken: Mapping[str, float]) -> float:
    """Seconds a step of a whole round by those of its `parts`, each counted as often as it comes there."""
    logs = whole_round(config) // config.log_every - STRUCTURE_EVERY
    records = logs * taken["log"] + (STRUCTURE_EVERY - 1) * taken["measures"] + taken["structure"]
    return taken["steps"] / steps + records / whole_round(config)


def whole_round(config: Config) -> int:
    """Steps after which every kind of record was made as often as in any other stretch of so many."""
    return STRUCTURE_EVERY * config.measure_every
