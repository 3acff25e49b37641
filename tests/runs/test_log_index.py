"""Whether a log leads to a checkpoint."""

from __future__ import annotations

import msgspec
import pytest

from grokterm.config import Config
from grokterm.runs.checkpoints import CheckpointInfo, config_hash
from grokterm.runs.log_index import LogIndex
from grokterm.wire.records import Change, Event, Record, Session
from tests.runs.logged import numbers

CHANGE = Change(10, {"lr": 1e-3}, {"lr": 3e-3}, False, False, "", "", 0.0)
LOG: list[Record] = [
    Session(0, "started", "", 0.0),
    numbers(0),
    numbers(10),
    Event(10, "memorized", ""),
    CHANGE,
    Session(10, "stopped", "", 0.0),
    numbers(20),
]
VALUES = Config().as_dict()
BEFORE_CHANGE = CheckpointInfo(10, 0, 3, 0.5, "regular", "memorizing", VALUES, config_hash(VALUES))


@pytest.mark.parametrize(
    ("values", "leads"),
    [
        ({}, True),
        ({"records": 0, "step": 0}, True),
        ({"records": 4, "changes": 1}, True),
        ({"records": 4, "changes": 1, "step": 17}, True),
        ({"records": 5, "changes": 1, "step": 27}, True),
        ({"records": 3, "changes": 1}, False),
        ({"records": 4}, False),
        ({"records": 4, "changes": 1, "step": 9}, False),
        ({"records": 4, "changes": 1, "step": 21}, False),
        ({"records": 6, "changes": 1, "step": 27}, False),
        ({"records": -1}, False),
    ],
)
def test_a_log_leads_to_checkpoints_that_stand_where_they_say(values: dict[str, int], leads: bool) -> None:
    assert LogIndex(LOG).leads_to(msgspec.structs.replace(BEFORE_CHANGE, **values)) == leads


def test_no_step_is_too_large() -> None:
    index = LogIndex([numbers(0), Event(2**70, "memorized", ""), Event(-(2**70), "memorized", "")])
    assert index.leads_to(msgspec.structs.replace(BEFORE_CHANGE, records=1))
    assert not index.leads_to(msgspec.structs.replace(BEFORE_CHANGE, records=2))


def test_records_appended_count_as_those_read() -> None:
    index = LogIndex(LOG[:4])
    for record in LOG[4:]:
        index.append(record)
    assert index.changes == [CHANGE]
    assert index.leads_to(msgspec.structs.replace(BEFORE_CHANGE, records=5, changes=1, step=20))
