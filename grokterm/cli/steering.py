"""`grokterm set`, `pause`, `go` and `step`: what the keys of the screen do to a run that trains, from a script."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence
from typing import Final

from grokterm.cli.options import Values
from grokterm.cli.requests import present_status, send_request
from grokterm.cli.sanitize import sanitize, sanitize_json
from grokterm.cli.usage import UsageError
from grokterm.config import Value, parse, setting_name
from grokterm.errors import ConfigError, TrainerError
from grokterm.runs.folder import RunFolder, find_run, home_path
from grokterm.runs.process import trainer_alive
from grokterm.user_name import user_name
from grokterm.wire.messages import Answer, Change, Go, Pause, Request

ENDED_BEFORE: Final = 3
"""Exit status where training ended before what was waited for, as that of `grokterm train`."""
_POLL: Final = 0.02


def change(run: str, texts: Sequence[str], keep: bool, values: Values, as_json: bool) -> int:
    """Changes settings of a run between two of its steps; raises GroktermError."""
    if not texts:
        raise UsageError("set needs settings and their values, such as wd=3 lr=1e-3: see grokterm set --help")
    return _ordered(run, Change(0, _settings(texts), keep, user_name()), values, as_json)


def pause(run: str, values: Values, as_json: bool) -> int:
    """Pauses a run; raises GroktermError."""
    return _ordered(run, Pause(0), values, as_json)


def go(run: str, values: Values, as_json: bool) -> int:
    """Has a paused run train on; raises GroktermError."""
    return _ordered(run, Go(0), values, as_json)


def step(run: str, count: str, values: Values, as_json: bool) -> int:
    """Has a run take so many steps and pause, and waits for it: the exit status; raises GroktermError."""
    steps = _count(count)
    folder = _training(run, values)
    begin = send_request(folder, Go(0, steps)).step
    while True:
        status = present_status(folder)
        if status is None or (status.state != "training" and status.state != "starting"):
            break
        time.sleep(_POLL)
    at = status.step if status else begin
    words = f"{status.state if status else 'ended'} at step {at:,}"
    _tell(folder, Answer(0, True, words, at), as_json)
    return 0 if at >= begin + steps else ENDED_BEFORE


def _ordered(run: str, request: Request, values: Values, as_json: bool) -> int:
    folder = _training(run, values)
    _tell(folder, send_request(folder, request), as_json)
    return 0


def _tell(folder: RunFolder, answer: Answer, as_json: bool) -> None:
    """Prints what the trainer answered: as JSON on standard output, or in words."""
    if as_json:
        print(sanitize_json({"run": folder.id, "step": answer.step, "words": answer.words}))
    else:
        print(sanitize(f"{folder.id}: {answer.words}"))
    sys.stdout.flush()


def _training(run: str, values: Values) -> RunFolder:
    """A run that has a trainer; raises RunFolderError, TrainerError."""
    folder = find_run(run, home_path(values.get("runs")))
    if not trainer_alive(folder):
        raise TrainerError(f"{folder.id} does not train: grokterm train --resume {folder.id} goes on with it")
    return folder


def _settings(texts: Sequence[str]) -> dict[str, Value]:
    """The settings that are written as NAME=VALUE; raises ConfigError."""
    found: dict[str, Value] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals:
            raise ConfigError(f"a setting is written with its value, such as wd=3, not {text or 'nothing'}")
        known = setting_name(name)
        if known in found:
            raise ConfigError(f"{known} is given twice: give it once")
        found[known] = parse(known, value)
    return found


def _count(text: str) -> int:
    plain = text.strip().replace(",", "").replace("_", "")
    if not (plain.isdecimal() and plain.isascii() and len(plain) <= 12 and int(plain)):
        raise ConfigError(f"the number of steps must be a whole number from 1 on, not {text or 'nothing'}")
    return int(plain)
