"""Training a run again, and comparing every record of its log and every checkpoint on the way."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from grokterm.config import Value
from grokterm.errors import RunFolderError
from grokterm.lab.circumstances import circumstances
from grokterm.lab.engine import Engine
from grokterm.real_files import is_there
from grokterm.replay.comparison import Comparison, measures_differ, records_differ, tensors_differ
from grokterm.replay.report import Circumstance, Difference, Progress, Report
from grokterm.runs.checkpoints import CheckpointInfo, list_checkpoints, load_checkpoint, parse_name, read_info
from grokterm.runs.folder import RunFolder
from grokterm.runs.log import LogReader
from grokterm.runs.log_index import LogIndex, last_step
from grokterm.runs.opened import check_trained_here
from grokterm.training.recording import make_records
from grokterm.training.trackers import Trackers
from grokterm.training.walk import NotFiniteError, Walk
from grokterm.wire.records import Change, Event, OldProgress, Scalars, Session, TrainingRecord

REPORT_SECONDS: Final = 0.2
"""Seconds from one report of progress to the next."""


class Replayer:
    """One run trained again, record by record."""

    def __init__(self, folder: RunFolder, to: int | None = None) -> None:
        """Reads the log and the metadata of the checkpoints; raises RunFolderError, ConfigError."""
        check_trained_here(folder, "there are no steps to repeat")
        self._folder = folder
        records = LogReader(folder.log_path).read()
        last = last_step(folder, records)
        if to is not None and to > last:
            raise RunFolderError(f"{folder.id} has steps 0 to {last:,}: it cannot be repeated to step {to:,}")
        if not any(isinstance(record, Scalars) for record in records):
            raise RunFolderError(f"{folder.id} has not begun to train: there is nothing to repeat")
        self.to = last if to is None else to
        self._sessions = [record for record in records if isinstance(record, Session)]
        self._training = [r for r in records if not isinstance(r, Session) and r.step <= self.to]
        self._walk = Walk(Engine(folder.config()), [r for r in self._training if isinstance(r, Change)])
        self._trackers = Trackers(self._walk.engine.config)
        self._found = Comparison()
        self._made: deque[TrainingRecord] = deque()
        """Records that are made now and were not come to in the log yet."""
        self._unusable: list[str] = []
        self._checkpoints = self._usable_checkpoints(LogIndex(records))

    def run(self, report_progress: Callable[[Progress], None]) -> Report:
        """Trains to the end and compares; `report_progress` is called with its progress now and then."""
        began, reported, ended = time.monotonic(), -math.inf, ""
        try:
            for position in range(len(self._training) + 1):
                self._compare_checkpoints(position)
                if position < len(self._training):
                    self._compare(self._training[position])
                if time.monotonic() - reported > REPORT_SECONDS:
                    reported = time.monotonic()
                    report_progress(Progress(self._walk.step, self.to, self._found.differ))
        except NotFiniteError as error:
            ended = str(error)
        return self._report(ended, time.monotonic() - began)

    def _compare(self, logged: TrainingRecord) -> None:
        if isinstance(logged, OldProgress):
            return
        if isinstance(logged, Event):
            self._compare_event(logged)
            return
        if isinstance(logged, Scalars | Change):
            self._note_unlogged()
            self._walk.advance_to(logged.step)
        if isinstance(logged, Change):
            self._compare_change(logged)
            return
        if isinstance(logged, Scalars):
            make_records(self._walk.engine, 0.0, self._trackers, self._make)
        made = self._next(logged)
        assert not isinstance(made, Change | Event | OldProgress)
        self._found.note("log", measures_differ(logged, made))

    def _make(self, record: TrainingRecord) -> list[Event]:
        """Keeps a record that is made now and the events that follow from it; returns those."""
        events = self._trackers.update(record)
        self._made.extend([record, *events])
        return events

    def _next(self, logged: TrainingRecord) -> TrainingRecord | None:
        """The record made now in the place of one in the log; those before it are not in the log."""
        if not any(_same_place(made, logged) for made in self._made):
            return None
        while not _same_place(made := self._made.popleft(), logged):
            self._note_one_unlogged(made)
        return made

    def _compare_change(self, logged: Change) -> None:
        plan = self._walk.make_change()
        made = msgspec.structs.replace(
            logged,
            values=plan.values,
            old=plan.old,
            rebuilt=plan.rebuilds,
            words=plan.words,
            ablation=plan.ablation,
            rewind=plan.rewind,
        )
        self._trackers.update(made)
        self._found.note("log", records_differ(logged, made, logged.step, "the change"))

    def _compare_event(self, logged: Event) -> None:
        made: TrainingRecord | None
        if logged.name == "not_finite":
            self._walk.advance_to(logged.step)
            made = logged if self._is_not_finite() else None
        else:
            made = self._next(logged)
        self._found.note("log", records_differ(logged, made, logged.step, f"the event {logged.name}"))

    def _is_not_finite(self) -> bool:
        """Whether the next step cannot be taken."""
        engine, before = self._walk.engine, self._walk.engine.state_dict()
        if engine.advance(1) == 0:
            return True
        engine.load_state_dict(before)
        return False

    def _note_unlogged(self) -> None:
        """Counts records that are made now and are not in the log."""
        while self._made:
            self._note_one_unlogged(self._made.popleft())

    def _note_one_unlogged(self, made: TrainingRecord) -> None:
        name = made.name if isinstance(made, Event) else str(made.__struct_config__.tag)
        what = f"the event {name} happens now" if isinstance(made, Event) else f"a {name} record is made now"
        self._found.note("log", Difference(made.step, "log", name, None, f"{what} and is not in the log"))

    def _compare_checkpoints(self, position: int) -> None:
        for info, path in self._checkpoints.get(position, ()):
            self._walk.advance_to(info.step, info.changes)
            try:
                saved = load_checkpoint(path)[1]
            except RunFolderError as error:
                if is_there(path):  # a run that trains may have thinned it out
                    self._unusable.append(str(error))
                continue
            made = {name: np.asarray(tensor.numpy()) for name, tensor in self._walk.engine.state_dict().items()}
            self._found.note("checkpoint", tensors_differ(info.step, saved, made))

    def _usable_checkpoints(self, log: LogIndex) -> dict[int, list[tuple[CheckpointInfo, Path]]]:
        """The checkpoints by the number of records before them."""
        found: dict[int, list[tuple[CheckpointInfo, Path]]] = {}
        for path in list_checkpoints(self._folder.checkpoint_folder):
            if parse_name(path)[0] > self.to:
                continue
            try:
                info = read_info(path)
            except RunFolderError as error:
                if is_there(path):
                    self._unusable.append(str(error))
                continue
            leads = log.leads_to(info)
            if leads and info.records <= len(self._training):
                found.setdefault(info.records, []).append((info, path))
            elif not leads:
                self._unusable.append(f"the checkpoint {path} cannot be compared: the log does not lead to it")
        return found

    def _report(self, ended: str, seconds: float) -> Report:
        self._note_unlogged()
        now = circumstances(self._walk.engine)
        reported = [session.about for session in self._sessions if session.step <= self.to and session.about]
        return Report(
            run=self._folder.id,
            to=self._walk.step if ended else self.to,
            agrees=not (self._found.differ or self._unusable or ended),
            records=self._found.records,
            checkpoints=self._found.checkpoints,
            first=self._found.first,
            largest=self._found.largest,
            unusable=tuple(self._unusable),
            ended=ended,
            circumstances=tuple(Circumstance(name, _values(reported, name), str(value)) for name, value in now.items()),
            seconds=seconds,
        )


def _same_place(made: TrainingRecord, logged: TrainingRecord) -> bool:
    if isinstance(made, Event) and isinstance(logged, Event):
        return (made.step, made.name) == (logged.step, logged.name)
    return made.step == logged.step and type(made) is type(logged)


def _values(reported: Sequence[dict[str, Value]], name: str) -> tuple[str, ...]:
    """The values of one name, each once, in order."""
    return tuple(dict.fromkeys(str(about[name]) for about in reported if name in about))
