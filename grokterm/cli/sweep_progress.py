"""Following a sweep without a screen: a line now and then, and at the end what came out."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import Final

from grokterm.cli.sanitize import sanitize, sanitize_json
from grokterm.cli.train import TrainingError, stopping_when_interrupted
from grokterm.number_format import clock
from grokterm.runs.presence import FolderWatch
from grokterm.runs.process import trainer_alive
from grokterm.runs.trainer_log import last_lines
from grokterm.sweeps.cells import CellsReader, read_state
from grokterm.sweeps.folder import SweepFolder
from grokterm.sweeps.phases import PHASES
from grokterm.wire.swept import SweepState, SweptRun

_LOOK: Final = 0.1
_LINE_SECONDS: Final = 2.0
"""Seconds from one line to the next."""
_LAST_LINES: Final = 8


def follow(folder: SweepFolder, as_json: bool) -> int:
    """Prints how a sweep stands until it has ended; the exit status. Raises TrainingError where it came to no end."""
    out = sys.stderr if as_json else sys.stdout
    reader, runs = CellsReader(folder.cells_path), list[SweptRun]()
    said, last = "", 0.0
    presence = FolderWatch(folder.process_folder)
    with stopping_when_interrupted(folder.process_folder):
        while True:
            if lost := presence.why_lost():
                raise TrainingError(f"{folder.id} is lost: {lost.replace('run folder', 'folder')}")
            alive = trainer_alive(folder.process_folder)
            runs += reader.read()
            state = read_state(folder)
            if state is not None and state.state == "running" and time.monotonic() >= last + _LINE_SECONDS:
                if (words := progress(state)) != said:
                    print(sanitize(words), file=out, flush=True)
                said, last = words, time.monotonic()
            if not alive:
                break
            time.sleep(_LOOK)
    state = read_state(folder)
    if state is None or state.state != "finished":
        raise TrainingError(_why(folder, state))
    print(sanitize(summary(runs)), file=out, flush=True)
    if as_json:
        print(sanitize_json(counted(folder, runs)), flush=True)
    return 0


def progress(state: SweepState) -> str:
    """How a sweep stands, in a line."""
    parts = [f"{state.finished:,} of {state.total:,} runs"]
    if state.failed:
        parts.append(f"{state.failed:,} failed")
    if state.runs_per_hour:
        parts.append(f"{state.runs_per_hour:,.0f} an hour")
    if state.seconds_left is not None:
        parts.append(f"about {clock(state.seconds_left)} left")
    return ", ".join([*parts, *([state.words] if state.words else [])])


def summary(runs: list[SweptRun]) -> str:
    """What came out, in a line."""
    phases = Counter(run.phase for run in runs)
    parts = [f"{phases[phase]:,} {phase}" for phase in PHASES if phases[phase]]
    if failed := sum(run.state == "failed" for run in runs):
        parts.append(f"{failed:,} failed")
    return f"{len(runs):,} run{'' if len(runs) == 1 else 's'}: {', '.join(parts)}"


def counted(folder: SweepFolder, runs: list[SweptRun]) -> dict[str, object]:
    """The same for programs."""
    return {
        "sweep": folder.id,
        "folder": str(folder.path),
        "runs": len(runs),
        "failed": sum(run.state == "failed" for run in runs),
        "grokked": sum(run.grokked_step_99 is not None for run in runs),
        **{phase: sum(run.phase == phase for run in runs) for phase in PHASES},
        "seconds": round(sum(run.seconds for run in runs), 3),
    }


def _why(folder: SweepFolder, state: SweepState | None) -> str:
    """Why a sweep has no end of its own, in a sentence."""
    if state is not None and state.state == "stopped":
        return f"{folder.id} was stopped with {state.finished:,} of {state.total:,} runs: --resume goes on"
    if state is not None and state.state == "failed":
        return f"{folder.id} failed: {state.words}"
    for line in last_lines(folder.process_folder, _LAST_LINES):
        print(f"  {sanitize(line)}", file=sys.stderr)
    at = f"with {state.finished:,} of {state.total:,} runs" if state else "before its first run"
    return f"the coordinator of {folder.id} ended {at}: --resume goes on"
