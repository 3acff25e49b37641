"""The log as training writes it: records that it holds already are compared, new ones are appended."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import msgspec

from grokterm.config import Config
from grokterm.errors import RunFolderError
from grokterm.runs.log import LogWriter
from grokterm.runs.log_index import LogIndex
from grokterm.training.trackers import Trackers
from grokterm.wire.records import Change, Event, Record, Scalars, Session, TrainingRecord


class RunLog:
    """Writes the records of training in order; as long as the log is ahead, they are compared and not written.

    A record that cannot be written is kept and written when there is room again: `trouble` says why.
    """

    def __init__(
        self, config: Config, writer: LogWriter, logged: Sequence[TrainingRecord] = (), position: int = 0
    ) -> None:
        """A run log behind the first `position` of the training records in the log; config is the run's first one."""
        self.trackers = Trackers(config)
        self.position = position
        """Training records so far, from the start of the run."""
        self.changes = 0
        """Changes so far."""
        self.index = LogIndex(logged)
        """Where all records of the run stand, those that training has not come to yet too."""
        self.differs_at: int | None = None
        """First step at which a replayed record was not the one in the log."""
        self.trouble = ""
        self._writer = writer
        self._ahead = deque(logged[position:])
        self._unwritten: deque[Record] = deque()
        for record in logged[:position]:
            self._pass(record)
            self.trackers.update(record)

    @property
    def replaying(self) -> bool:
        """Whether the log holds records that training has not come to yet."""
        return bool(self._ahead)

    def next_change(self) -> Change | None:
        """The next change in the log that training has not come to yet."""
        return self.index.changes[self.changes] if self.changes < len(self.index.changes) else None

    def due_change(self, step: int) -> Change | None:
        """The change in the log that is to be made now, at `step`; passes it."""
        ahead = self._ahead[0] if self._ahead else None
        if not isinstance(ahead, Change) or ahead.step > step:
            return None
        self._advance()
        return ahead

    def write(self, made: TrainingRecord) -> list[Event]:
        """Logs a record of training and the events that follow from it, which it returns; `flush` writes them."""
        logged = self._expected(made)
        if logged is None:
            if not self._append(made):
                return []
            logged = made
        elif not isinstance(made, Event) and _timeless(logged, made) != made:
            self._differs(made.step)
        events = self.trackers.update(logged)
        for event in events:
            self.write(event)
        return events

    def write_change(self, change: Change) -> None:
        """Logs a change that was made."""
        self._append(change)
        self.trackers.update(change)
        self.flush()

    def write_session(self, session: Session) -> None:
        """Logs what the process did; sessions are no part of what is replayed."""
        self._unwritten.append(session)
        self.flush()

    def flush(self, sync: bool = False) -> bool:
        """Writes what could not be written before, to the disk with `sync`; whether nothing is left."""
        try:
            if self._unwritten:
                self._writer.append(*self._unwritten)
                self._unwritten.clear()
            if sync:
                self._writer.sync()
        except RunFolderError as error:
            self.trouble = str(error)
            return False
        self.trouble = ""
        return True

    def _append(self, record: TrainingRecord) -> bool:
        """Adds a record at the end of the log; whether that is where training stands."""
        if self._ahead:
            self._differs(record.step)  # the middle of a log stays as it was seen
            return False
        self._pass(record)
        self.index.append(record)
        self.position += 1
        self._unwritten.append(record)
        return True

    def _expected(self, made: TrainingRecord) -> TrainingRecord | None:
        """The record of the log in whose place `made` stands, passing those that training did not make again."""
        while self._ahead and not isinstance(self._ahead[0], Change) and self._ahead[0].step <= made.step:
            ahead = self._ahead[0]
            self._advance()
            if type(ahead) is type(made) and ahead.step == made.step and _name(ahead) == _name(made):
                return ahead
            self._differs(ahead.step)
        return None

    def _advance(self) -> None:
        record = self._ahead.popleft()
        self.position += 1
        if isinstance(record, Change):
            self.trackers.update(record)
        self._pass(record)

    def _pass(self, record: TrainingRecord) -> None:
        if isinstance(record, Change):
            self.changes += 1

    def _differs(self, step: int) -> None:
        if self.differs_at is None:
            self.differs_at = step


def _name(record: TrainingRecord) -> str:
    return record.name if isinstance(record, Event) else ""


def _timeless(logged: TrainingRecord, made: TrainingRecord) -> TrainingRecord:
    """The logged record with the seconds of the one made now, which are those of another process."""
    if isinstance(logged, Scalars) and isinstance(made, Scalars):
        return msgspec.structs.replace(logged, seconds=made.seconds)
    return logged
