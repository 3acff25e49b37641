"""`grokterm open`: has a process of its own make a run of others' weights, and shows what it took them for."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Final

import msgspec

from grokterm.cli.options import Values, view
from grokterm.cli.own_process import follow_process
from grokterm.cli.sanitize import sanitize, sanitize_json
from grokterm.cli.usage import UsageError
from grokterm.config import settings
from grokterm.errors import TrainerError
from grokterm.number_format import counted, percent
from grokterm.opening.report import Measured, Message, Opened, Recognized, decode_message
from grokterm.runs.folder import RunFolder, home_path, name_of

_LINE_SECONDS: Final = 2.0
"""Seconds from one line of progress to the next."""
_PATIENCE: Final = 5.0
"""Seconds that the process has to remove what it has begun."""


def open_files(
    files: Sequence[str], wanted: str | None, step: int | None, as_json: bool, defaults: Values, given: Values
) -> int:
    """Makes a run of the weights in files, and says what they are; raises GroktermError, and leaves nothing then."""
    if not files:
        raise UsageError("open needs a file of weights: safetensors, npz, .pt or .pth")
    values = {name: value for name, value in given.items() if name in settings()}
    home = home_path((defaults | given).get("runs"))
    command = [sys.executable, "-P", "-m", "grokterm.opening", "--home", str(home)]
    command += ["--settings", json.dumps(values), "--view", json.dumps(asdict(view(defaults)))]
    command += ["--map", str(Path(wanted).expanduser().absolute())] if wanted is not None else []
    command += ["--step", str(step)] if step is not None else []
    command += ["--", *(str(Path(file).expanduser().absolute()) for file in files)]
    recognized, opened = _run(command, as_json)
    if as_json:
        print(sanitize_json(msgspec.structs.asdict(opened) | {"recognized": recognized}))
    else:
        _print(opened, "runs" in given, home)
    return 0


def _run(command: list[str], as_json: bool) -> tuple[Recognized, Opened]:
    """What a process of its own came to; raises TrainerError with its last words where it failed."""
    found: dict[type[Message], Message] = {}
    due = time.monotonic() + _LINE_SECONDS

    def take(line: bytes) -> None:
        nonlocal due
        message = decode_message(line)
        found[type(message)] = message
        if isinstance(message, Recognized) and not as_json:
            _print_roles(message)
        elif isinstance(message, Measured) and message.done < message.of and time.monotonic() >= due:
            due = time.monotonic() + _LINE_SECONDS
            print(f"measured {message.done:,} of {counted(message.of, 'step')}", file=sys.stderr, flush=True)

    status, words = follow_process(command, take, _PATIENCE)
    recognized, opened = found.get(Recognized), found.get(Opened)
    if status == 0 and isinstance(recognized, Recognized) and isinstance(opened, Opened):
        return recognized, opened
    raise TrainerError(words or f"the files cannot be opened: exit status {status}")


def _print_roles(recognized: Recognized) -> None:
    """Prints what each tensor was taken for, a line each."""
    steps = recognized.steps
    at = f"step {steps[0]:,}" if len(steps) == 1 else f"{len(steps):,} steps from {steps[0]:,} to {steps[-1]:,}"
    print(sanitize(f"{recognized.source}: {recognized.layout}, {at}"))
    named = [f"{role.name} {list(role.shape)}" for role in recognized.roles]
    width = min(max(map(len, named)), 60)
    for name, role in zip(named, recognized.roles, strict=True):
        print(sanitize(f"  {name:{width}}  {role.role}"))
    sys.stdout.flush()


def _print(opened: Opened, elsewhere: bool, home: Path) -> None:
    """Prints what the run came to, and how it is looked at."""
    accuracies = f"train {percent(opened.train_accuracy)}, test {percent(opened.test_accuracy)}"
    print(sanitize(f"{opened.model}: {accuracies}, of all {percent(opened.accuracy)}"))
    for remark in opened.remarks:
        print(sanitize(f"  {remark}"))
    from grokterm.cli.watch import runs_option

    option = runs_option({"runs": home}) if elsewhere else ""
    print(sanitize(f"{opened.run} holds them: grokterm attach {name_of(RunFolder(Path(opened.folder)))}{option}"))
