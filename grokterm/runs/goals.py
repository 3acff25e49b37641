"""Where the goal of a run stands, as its log tells."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from grokterm.wire.records import Change, Record, Session


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
