"""Training without a screen: starts a run, follows its log, and tells how it ended."""

from __future__ import annotations

import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Final, NoReturn, TextIO

import msgspec

from grokterm.cli.goal import ending_record, reached, result
from grokterm.cli.notify import pass_on_notify, teller
from grokterm.cli.options import Values, configuration, view
from grokterm.cli.progress import ProgressLine, progress_to
from grokterm.cli.sanitize import sanitize, sanitize_json
from grokterm.config import Config
from grokterm.errors import TrainerError
from grokterm.runs.devices import check_device
from grokterm.runs.emergence import emergence
from grokterm.runs.folder import RunFolder, create_run, runs_home
from grokterm.runs.history import History
from grokterm.runs.log import LogReader
from grokterm.runs.presence import FolderWatch
from grokterm.runs.process import (
    exit_status,
    socket_of,
    start_trainer,
    stop_trainer,
    trainer_alive,
    wait_for_end,
)
from grokterm.runs.trainer_log import last_lines
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Event, Record, Session

LIMIT_CAME_FIRST: Final = 3
"""Exit status when the step limit came before the target."""
TERMINATED: Final = 128 + signal.SIGTERM
_POLL: Final = 0.05
_ENDING: Final = 10.0
"""Seconds that a trainer has to notice that its folder is lost, and end."""
_LAST_LINES: Final = 8


class TrainingError(TrainerError):
    """A training that came to no end of its own."""

    exit_status = 1


def start(values: Values, as_json: bool) -> int:
    """Trains until the target or the step limit; raises GroktermError."""
    folder, history = trained(configuration(values), values, as_json)
    return print_result(folder, history, as_json)


def trained(
    config: Config, values: Values, as_json: bool, line: str = "", threads: int | None = None
) -> tuple[RunFolder, History]:
    """A new run that was trained to its target or step limit; raises GroktermError.

    `line` is the shared run that it follows, `threads` those of the processor that it may use.
    """
    options = view(values)
    check_device(config.device)
    folder = create_run(config, options, runs_home(values.get("runs")), line)
    history = History(config)
    out = sys.stderr if as_json else sys.stdout
    pass_on_notify(values)
    with stopping_when_interrupted(folder), progress_to(out, folder.id) as progress:
        start_trainer(folder, threads=threads)
        if as_json:
            print_place(folder)
        end = follow(folder, history, LogReader(folder.log_path), progress, teller(out, folder, values))
    check_end(folder, end, history)
    draw_at_end(out, folder, history, options)
    return folder, history


def print_place(folder: RunFolder) -> None:
    """Prints where a run that was started is, as the first line of JSON, as soon as its trainer listens or is gone."""
    while (socket := socket_of(folder)) is None and trainer_alive(folder):
        time.sleep(_POLL)
    place = {"run": folder.id, "folder": str(folder.path), "socket": str(socket) if socket else None}
    print(sanitize_json(place), flush=True)


def draw_at_end(out: TextIO, folder: RunFolder, history: History, options: ViewOptions) -> None:
    """Draws what training came to where `out` is a terminal; nothing is loaded for it elsewhere."""
    if out.isatty():
        from grokterm.cli.plot import print_at_end

        print_at_end(out, folder, history, options)


def print_result(
    folder: RunFolder,
    history: History,
    as_json: bool,
    status: int | None = None,
    more: Mapping[str, object] = MappingProxyType({}),
) -> int:
    """Prints what a run came to, and `more`, and gives the exit status: 0 at its target, 3 at its limit."""
    if as_json:
        fields = msgspec.structs.asdict(result(folder.id, history)) | msgspec.structs.asdict(emergence(history))
        print(sanitize_json(fields | dict(more)), flush=True)
    if status is not None:
        return status
    return 0 if reached(history) else LIMIT_CAME_FIRST


def follow(
    folder: RunFolder,
    history: History,
    reader: LogReader,
    line: ProgressLine,
    tell: Callable[[Sequence[Record]], None] = lambda _: None,
) -> Record | None:
    """Reads the log until training has ended: the record that says how; None where the trainer is gone without one.

    `tell` is given what is new in it.

    Raises TrainingError where the run folder is lost.
    """
    presence = FolderWatch(folder)
    while True:
        if lost := presence.why_lost():
            wait_for_end(folder, _ENDING)
            step = f"at step {history.last.step:,}" if history.last else "before its first step"
            raise TrainingError(f"training of {folder.id} ended {step}: {lost}")
        alive = trainer_alive(folder)
        records = reader.read()
        history.add(records)
        line.show(history, records)
        tell(records)
        end = _end(records, history.config.on_trouble == "rewind")
        if end is not None or not alive:
            return end
        if not records:
            time.sleep(_POLL)


def _end(records: list[Record], rewinds: bool) -> Record | None:
    """The record that says how training ended; with `rewinds` a loss that is not finite is no end yet."""
    stuck = next((r for r in records if isinstance(r, Event) and r.name == "not_finite" and not rewinds), None)
    paused = next((r for r in records if isinstance(r, Session) and r.name == "paused" and "trouble" in r.about), None)
    return stuck or paused or ending_record(records)


def check_end(folder: RunFolder, end: Record | None, history: History) -> None:
    """Lets the trainer end; raises TrainingError unless training came to its target or limit."""
    if isinstance(end, Session) and end.name == "finished":
        wait_for_end(folder, 2)  # not waited for longer: it stays while somebody watches
        return
    step = f"at step {history.last.step:,}" if history.last else "before its first step"
    if isinstance(end, Event):
        stop_trainer(folder)
        raise TrainingError(f"training of {folder.id} diverged after step {end.step:,}: {end.words}")
    if isinstance(end, Session) and end.name == "paused":
        stop_trainer(folder)
        raise TrainingError(f"training of {folder.id} ended {step}, {end.words}")
    wait_for_end(folder, 5)
    if lost := FolderWatch(folder).why_lost():
        raise TrainingError(f"training of {folder.id} ended {step}: {lost}")
    if isinstance(end, Session) and end.name == "stopped":
        raise TrainingError(f"{folder.id} was stopped {step}, before its target")
    lines = last_lines(folder, _LAST_LINES)
    for line in lines:
        print(f"  {sanitize(line)}", file=sys.stderr)
    ending = "its last lines are above" if lines else "it printed nothing"
    raise TrainingError(f"the trainer of {folder.id} ended {step} ({_how(folder)}): {ending}")


def _how(folder: RunFolder) -> str:
    status = exit_status(folder)
    if status is not None and status < 0:
        return f"signal {-status}, {signal.strsignal(-status) or 'unknown'}"
    return "exit status unknown" if status is None else f"exit status {status}"


@contextmanager
def stopping_when_interrupted(folder: RunFolder) -> Iterator[None]:
    """Stops the run after a checkpoint on Ctrl-C and SIGTERM; a second Ctrl-C does not wait."""

    def terminate(*_: object) -> NoReturn:
        raise SystemExit(TERMINATED)

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    except (KeyboardInterrupt, SystemExit):
        stop_trainer(folder)
        raise
    finally:
        signal.signal(signal.SIGTERM, before)
