"""Where a run ends by its log: at its goal, or at a loss that is not finite."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from grokterm.config import settings
from grokterm.troubles import TRAINING_TROUBLES
from grokterm.wire.records import Change, Event, Record, Session


class Goal(NamedTuple):
    """Where the goal of a run stands."""

    open: bool
    """Whether reaching it still ends training; not after somebody went on from there."""
    finished: bool
    """Whether the log ends at the goal."""


def goal_of(records: Iterable[Record]) -> Goal:
    """Where the goal stands after these records of a log."""
    is_open, finished = True, False
    for record in records:
        if isinstance(record, Session) and record.name in ("finished", "resumed"):
            finished = record.name == "finished"
            is_open = is_open and not finished
        elif isinstance(record, Change) and {"until", "max_steps"} & record.values.keys():
            is_open, finished = True, False
    return Goal(is_open, finished)


def trouble_at_end(records: Sequence[Record]) -> str:
    """The name of the trouble that came about at the last step of a log and that nothing was done about; else empty."""
    last = records[-1].step if records else 0
    for record in reversed(records):
        paused = isinstance(record, Session) and record.name == "paused" and "trouble" in record.about
        if paused or isinstance(record, Change) or record.step < last:
            return ""
        if isinstance(record, Event) and record.name in TRAINING_TROUBLES:
            return record.name
    return ""


def divergence(records: Sequence[Record]) -> Event | None:
    """The loss that is not finite at which a log ends, with nothing changed since but pace and goal."""
    for record in reversed(records):
        if isinstance(record, Change):
            names = [name for name in record.values if name in settings()]
            if record.ablation or record.rewind or any(settings()[name].group != "Run" for name in names):
                return None
        elif not isinstance(record, Session):
            return record if isinstance(record, Event) and record.name == "not_finite" else None
    return None
