"""`grokterm status`, `events` and `wait`: how a run stands, what happens in it, and when it has come somewhere."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Final

import msgspec

from grokterm.cli.goal import ending_record, reached
from grokterm.cli.options import Values
from grokterm.cli.progress import event_lines
from grokterm.cli.requests import present_status
from grokterm.cli.sanitize import sanitize, sanitize_json
from grokterm.cli.steering import ENDED_BEFORE
from grokterm.config import Value, parse
from grokterm.errors import ConfigError, RunFolderError
from grokterm.number_format import percent
from grokterm.runs.emergence import emergence
from grokterm.runs.folder import RunFolder, find_run, home_path
from grokterm.runs.history import History, read_history
from grokterm.runs.log import LogReader
from grokterm.runs.presence import FolderWatch
from grokterm.runs.process import socket_of, trainer_alive
from grokterm.runs.summary import summarize
from grokterm.wire.records import Change, Event, Record, Session

TIME_IS_OVER: Final = 124
"""Exit status where `--timeout` was over first, as that of timeout(1)."""
_POLL: Final = 0.05
Told = Change | Event | Session


def status(run: str, values: Values, as_json: bool) -> int:
    """Prints how a run stands; raises GroktermError."""
    folder = find_run(run, home_path(values.get("runs")))
    summary, history, now = summarize(folder), read_history(folder), present_status(folder)
    state = now.state if now is not None else summary.state
    if as_json:
        socket = socket_of(folder)
        fields = {"run": folder.id, "folder": str(folder.path), "socket": str(socket) if socket else None}
        about = {name: value for name, value in asdict(summary).items() if name not in ("id", "parent")}
        about["step"] = now.step if now is not None else summary.step
        trainer = msgspec.structs.asdict(now) if now is not None else None
        fields |= about | {"state": state, "settings": history.config.as_dict(), "trainer": trainer}
        print(sanitize_json(fields | msgspec.structs.asdict(emergence(history))))
        return 0
    last = history.last
    step = now.step if now is not None else last.step if last else 0
    reads = f", train {percent(last.train_accuracy)}, test {percent(last.test_accuracy)}" if last else ""
    why = f": {summary.words}" if summary.words else ""
    print(sanitize(f"{folder.id}: {state}, step {step:,}, {history.phase}{reads}{why}"))
    return 0


def events(run: str, follow: bool, values: Values, as_json: bool) -> int:
    """Prints what happened in a run, and with `follow` what happens until it ends; raises GroktermError."""
    folder = find_run(run, home_path(values.get("runs")))
    rewinds = folder.config().on_trouble == "rewind"
    for records in _portions(folder, follow):
        told = [record for record in records if isinstance(record, Told)]
        if as_json:
            for record in told:
                print(sanitize_json(record))
        else:
            for words in event_lines(list(told), rewinds):
                print(sanitize(words))
        sys.stdout.flush()
    return 0


def wait(run: str, until: str | None, timeout: str | None, values: Values, as_json: bool) -> int:
    """Waits until a run has come somewhere or has ended: the exit status; raises GroktermError."""
    goal = parse("until", until) if until is not None else "forever"
    deadline = time.monotonic() + _seconds(timeout)
    folder = find_run(run, home_path(values.get("runs")))
    history, status = History(folder.config()), ENDED_BEFORE
    for records in _portions(folder, True):
        history.add(records)
        if _is_there(history, goal, records):
            status = 0
            break
        if time.monotonic() > deadline:
            status = TIME_IS_OVER
            break
    _print_waited(folder, history, status, as_json)
    return status


def _is_there(history: History, goal: Value, records: list[Record]) -> bool:
    """Whether the goal is reached; without one, whether training has come to its own end."""
    if goal != "forever":
        return reached(history, goal)
    end = ending_record(records)
    return end is not None and end.name == "finished"


def _print_waited(folder: RunFolder, history: History, status: int, as_json: bool) -> None:
    last = history.last
    if as_json:
        fields = {"run": folder.id, "step": last.step if last else 0, "phase": history.phase}
        print(sanitize_json(fields | {"reached": status == 0} | msgspec.structs.asdict(emergence(history))))
        return
    how = {0: "is there", ENDED_BEFORE: "ended before", TIME_IS_OVER: "is not there yet"}[status]
    print(sanitize(f"{folder.id} {how}: step {last.step if last else 0:,}, {history.phase}"))


def _portions(folder: RunFolder, follow: bool) -> Iterator[list[Record]]:
    """What the log holds and, with `follow`, what is written until its trainer is gone; raises RunFolderError."""
    reader, presence = LogReader(folder.log_path), FolderWatch(folder)
    while True:
        alive = trainer_alive(folder)
        records = reader.read()
        yield records
        if not follow or (not alive and not records):
            return
        if lost := presence.why_lost():
            raise RunFolderError(f"{folder.id} cannot be followed: {lost}")
        if not records:
            time.sleep(_POLL)


def _seconds(text: str | None) -> float:
    """The seconds that --timeout gives; infinite where it is not given. Raises ConfigError."""
    if text is None:
        return math.inf
    try:
        seconds = float(text)
    except ValueError:
        seconds = math.nan
    if not 0 < seconds < 1e9:
        raise ConfigError(f"--timeout must be a number of seconds above 0, not {text or 'nothing'}")
    return seconds
