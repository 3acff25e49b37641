"""Where the training records of a log stand, without the records: whether they lead to a checkpoint, and how far."""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Final

from grokterm.errors import RunFolderError
from grokterm.runs.checkpoints import CheckpointInfo, list_checkpoints, parse_name, read_info
from grokterm.runs.folder import RunFolder
from grokterm.wire.records import Change, Record, Session

_LARGEST: Final = 2**63 - 1
"""The largest step that 8 bytes hold; a damaged log may have a larger one."""


class LogIndex:
    """The steps of a log's records, sessions left out, and its changes; records may be appended."""

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.changes: list[Change] = []
        self._steps = array("q")
        self._changed_at: list[int] = []
        """The number of records before each change."""
        for record in records:
            self.append(record)

    def append(self, record: Record) -> None:
        """Adds the next record of the log."""
        if isinstance(record, Session):
            return
        if isinstance(record, Change):
            self.changes.append(record)
            self._changed_at.append(len(self._steps))
        self._steps.append(max(-_LARGEST, min(record.step, _LARGEST)))

    def changes_before(self, step: int) -> int:
        """The number of changes made before `step`."""
        return bisect_left(self.changes, step, key=lambda change: change.step)

    def leads_to(self, info: CheckpointInfo) -> bool:
        """Whether what a checkpoint says of the log before it holds, and no later record is of an earlier step."""
        count = info.records
        if not 0 <= count <= len(self._steps) or bisect_left(self._changed_at, count) != info.changes:
            return False
        before, after = self._steps[max(count - 1, 0) : count], self._steps[count : count + 1]
        return all(step <= info.step for step in before) and all(step >= info.step for step in after)


def last_step(folder: RunFolder, records: Sequence[Record]) -> int:
    """The last step in the log or of a checkpoint that the log leads to; 0 where there is neither."""
    logged = max((record.step for record in records), default=0)
    log = LogIndex(records)
    for path in reversed(list_checkpoints(folder.checkpoint_folder)):
        if parse_name(path)[0] <= logged:
            break
        with suppress(RunFolderError):
            info = read_info(path)
            if log.leads_to(info):
                return info.step
    return logged
