"""`grokterm record`: replays a run as an asciinema file, drawn by the real viewer on a copy of the run."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import fields
from pathlib import Path
from typing import Final

from grokterm.asciicast import Asciicast
from grokterm.cli.options import Values, columns_and_rows
from grokterm.cli.plugins import check_given
from grokterm.cli.sanitize import sanitize, sanitize_json
from grokterm.config.plugins import plugin_arguments
from grokterm.errors import ConfigError, RunFolderError, TrainerError, reason_of
from grokterm.export.new_files import check_free, write_export
from grokterm.pseudo_terminal import PseudoTerminal
from grokterm.runs.folder import RunFolder, find_run, home_path
from grokterm.runs.history import read_history
from grokterm.runs.process import socket_of, stop_trainer
from grokterm.spelling import option_name
from grokterm.tui.run.time_travel import STRIDES
from grokterm.tui.text.timeline import PAST
from grokterm.view_options import ViewOptions

SECONDS: Final = 20.0
SIZE: Final = (120, 40)
_SMALLEST: Final = (40, 12)
_LARGEST: Final = (500, 200)
_LAST: Final = 1.5
"""Seconds for which the last picture stands."""
_QUIET: Final = 0.3
"""Seconds without output after which a picture counts as drawn."""
_PAST: Final = PAST.encode()
"""What comes with every picture of the past."""
_PATIENCE: Final = 60.0
"""Seconds that the viewer and a picture may take."""
_ADVICE: Final = "choose another name with --out"
_FILES: Final = ("config.toml", "log.jsonl", "notes.json")


def record(name: str, out: str | None, seconds: str | None, size: str | None, as_json: bool, values: Values) -> int:
    """Writes the recording of a run, and says where; raises GroktermError and leaves nothing then."""
    folder = find_run(name, home_path(values.get("runs")))
    check_given(folder)
    length = _seconds(seconds)
    columns, rows = SIZE if size is None else columns_and_rows(size, _SMALLEST, _LARGEST, SIZE)
    path = check_free(Path(out).expanduser() if out else Path(f"{folder.id}.cast"), _ADVICE)
    history = read_history(folder)
    if len(history) < 2:
        raise RunFolderError(f"{folder.id} has not begun to train: there is nothing to record")
    with _copied(folder) as copy, _saying(as_json) as say:
        cast = _recorded(copy, _presses(len(history)), length, (columns, rows), values, say)
    write_export(path, cast.content, advice=_ADVICE)
    if as_json:
        print(sanitize_json({"path": str(path), "seconds": length + _LAST, "columns": columns, "rows": rows}))
    else:
        print(sanitize(f"{shlex.quote(str(path))}: {length:g} s of {folder.id}; asciinema play shows it"))
    return 0


def _recorded(
    folder: RunFolder, presses: int, seconds: float, size: tuple[int, int], values: Values, say: Callable[[str], None]
) -> Asciicast:
    """The viewer goes through the run step by step; what it draws of one has the time of that step."""
    cast = Asciicast(*size, f"grokterm: {folder.id}")
    options = ["attach", folder.id, "--runs", str(folder.path.parent), *_view(values), *plugin_arguments()]
    with PseudoTerminal(options, {}, size) as terminal:
        terminal.keeps = True
        try:
            terminal.read_until(lambda: terminal.ended or socket_of(folder) is not None, _PATIENCE)
            _go_to_first(terminal)
            cast.write(0.0, terminal.take())
            for press in range(1, presses + 1):
                terminal.press("]")
                terminal.read_until(lambda: terminal.ended or _PAST in terminal.taken, _PATIENCE)
                _become_quiet(terminal)
                cast.write(seconds * press / presses, terminal.take())
                say(f"step {press:,} of {presses:,}")
        except (TimeoutError, OSError) as error:
            raise TrainerError(f"the viewer of {folder.id} cannot be recorded: {error}") from None
        cast.hold(seconds + _LAST)
    stop_trainer(folder)
    return cast


def _go_to_first(terminal: PseudoTerminal) -> None:
    """Goes to the first step, which a viewer does that has read the log; raises TimeoutError."""
    end = time.monotonic() + _PATIENCE
    _become_quiet(terminal)
    while _PAST not in terminal.taken:
        if time.monotonic() > end:
            raise TimeoutError(f"it does not go to its first step in {_PATIENCE:g} s")
        terminal.press("\x1b[H")
        _become_quiet(terminal)


def _become_quiet(terminal: PseudoTerminal) -> None:
    """Waits until no more is drawn; raises TimeoutError where the viewer has ended."""
    terminal.read_until_quiet(_QUIET, _PATIENCE)
    if terminal.ended:
        raise TimeoutError("it has ended")


def _presses(records: int) -> int:
    """Keys from the first record to the last."""
    last = records - 1
    return -(-last // max(1, last // STRIDES))


@contextmanager
def _copied(folder: RunFolder) -> Iterator[RunFolder]:
    """A copy of a run that a viewer may open: the run itself is not touched."""
    with tempfile.TemporaryDirectory(prefix="grokterm-record-") as home:
        copy = RunFolder(Path(home) / folder.id)
        copy.path.mkdir(mode=0o700)
        try:
            for name in _FILES:
                with suppress(FileNotFoundError):
                    shutil.copyfile(folder.path / name, copy.path / name, follow_symlinks=False)
            for kept in (folder.checkpoint_folder, folder.plugin_folder):
                if kept.is_dir():
                    shutil.copytree(kept, copy.path / kept.name, copy_function=_link)
        except OSError as error:
            raise RunFolderError(f"{folder.id} cannot be copied: {reason_of(error)}") from None
        try:
            yield copy
        finally:
            stop_trainer(copy)


def _link(source: str, target: str) -> None:
    """Files that never change need no second copy where the file system has links."""
    try:
        os.link(source, target, follow_symlinks=False)
    except OSError:
        shutil.copyfile(source, target, follow_symlinks=False)


@contextmanager
def _saying(as_json: bool) -> Iterator[Callable[[str], None]]:
    out = sys.stderr
    if as_json or not out.isatty():
        yield lambda words: None
        return
    yield lambda words: print(f"\r\x1b[K{words}", end="", file=out, flush=True)
    print("\r\x1b[K", end="", file=out, flush=True)


def _view(values: Values) -> list[str]:
    """How the screen is drawn, as it was asked for."""
    return [word for one in fields(ViewOptions) if one.name in values
            for word in (option_name(one.name), str(values[one.name]))]  # fmt: skip


def _seconds(text: str | None) -> float:
    try:
        seconds = SECONDS if text is None else float(text)
    except ValueError:
        seconds = -1.0
    if not 1 <= seconds <= 3600:
        raise ConfigError(f"--seconds must be a number from 1 to 3,600, not {text}")
    return seconds
