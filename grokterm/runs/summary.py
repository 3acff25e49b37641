"""One line about a run, read from the ends of its files however long it is."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from grokterm.config import Value
from grokterm.errors import ConfigError, PluginNeededError, RunFolderError
from grokterm.real_files import opened_folder
from grokterm.runs.checkpoints import CheckpointInfo, list_checkpoints, read_info
from grokterm.runs.folder import Parent, RunFolder
from grokterm.runs.goals import divergence, goal_of
from grokterm.runs.history import PHASES, History
from grokterm.runs.log import read_tail
from grokterm.runs.notes import read_notes
from grokterm.runs.process import trainer_alive
from grokterm.runs.trainer_log import last_lines
from grokterm.wire.records import Change, Event, Record, Scalars, Session

RunState = Literal[
    "starting", "training", "paused", "finished", "diverged", "stopped", "failed", "died", "new", "damaged"
]

_TAIL: Final = 2**16


@dataclass(frozen=True, slots=True)
class RunSummary:
    """One run as `grokterm runs` lists it; an unknown value is None."""

    id: str
    task: str
    """The operation and its modulus: a + b mod 97."""
    architecture: str
    step: int | None
    phase: str
    train_accuracy: float | None
    test_accuracy: float | None
    state: RunState
    when: float
    """When it was last written to, notes aside, in seconds since 1970."""
    size: int
    """Bytes of the whole folder."""
    words: str
    """Why a run failed, diverged, died or is damaged; else empty."""
    parent: Parent | None = None
    """The run from which it was forked."""
    tags: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class ConfiguredRun:
    """A summary, and the settings of which conditions may ask."""

    summary: RunSummary
    settings: Mapping[str, Value]
    """The present ones; none of a run that is damaged, or whose plugins are not loaded."""


def summarize(folder: RunFolder) -> RunSummary:
    """The summary of a run, whatever the state of its files."""
    return summarize_with_settings(folder).summary


def summarize_with_settings(folder: RunFolder) -> ConfiguredRun:
    """The summary of a run and its settings, whatever the state of its files."""
    files = _files(folder.path, through_link=True) | _files(folder.checkpoint_folder) | _files(folder.plugin_folder)
    # To write a note about a run is not to write to the run; a folder's own time tells of its notes, too.
    when = max(
        (file.st_mtime for path, file in files.items() if path not in (folder.path, folder.notes_path)), default=0.0
    )
    size = sum(file.st_size for file in files.values() if stat.S_ISREG(file.st_mode))
    settings: dict[str, Value] = {}
    try:
        records = read_tail(folder.log_path, _TAIL)
        parent = folder.parent()
        try:
            history = _recent_history(folder, records)
        except PluginNeededError:
            summary = _without_plugins(folder, records, when, size, parent)
        else:
            settings = history.config.as_dict()
            task, arch = history.config.task_words, history.config.arch
            summary = _of_records(folder, records, when, size, parent, task, arch, history.phase, history.last)
    except (RunFolderError, ConfigError) as error:
        summary = RunSummary(folder.id, "", "", None, "", None, None, "damaged", when, size, str(error))
    with suppress(RunFolderError):  # notes that cannot be read are no damage to the run
        notes = read_notes(folder)
        summary = replace(summary, tags=notes.tags, note=notes.note)
    return ConfiguredRun(summary, settings)


def _without_plugins(
    folder: RunFolder, records: list[Record], when: float, size: int, parent: Parent | None
) -> RunSummary:
    """The same of a run whose plugins are not loaded, which needs no configuration: its records alone."""
    last = next((record for record in reversed(records) if isinstance(record, Scalars)), None)
    info = _newest_info(folder)
    events = [record.name for record in records if isinstance(record, Event) and record.name in PHASES]
    phase = events[-1] if events else info.phase if info else PHASES[0]
    return _of_records(folder, records, when, size, parent, *folder.names(), phase, last)


def _of_records(
    folder: RunFolder,
    records: list[Record],
    when: float,
    size: int,
    parent: Parent | None,
    task: str,
    architecture: str,
    phase: str,
    last: Scalars | None,
) -> RunSummary:
    state, words = _state(folder, records)
    return RunSummary(
        id=folder.id,
        task=task,
        architecture=architecture,
        step=max((record.step for record in records), default=0),
        phase=phase,
        train_accuracy=last.train_accuracy if last else None,
        test_accuracy=last.test_accuracy if last else None,
        state=state,
        when=when,
        size=size,
        words=words,
        parent=parent,
    )


def _files(folder: Path, through_link: bool = False) -> dict[Path, os.stat_result]:
    """The folder itself and what is in it, as far as they can be read."""
    found: dict[Path, os.stat_result] = {}
    with suppress(OSError):
        found[folder] = os.stat(folder, follow_symlinks=through_link)
        with opened_folder(folder, through_link) as opened, os.scandir(opened) as entries:
            for entry in entries:
                found[folder / entry.name] = entry.stat(follow_symlinks=False)
    return found


def _recent_history(folder: RunFolder, records: list[Record]) -> History:
    """The history from the newest checkpoint on: its metadata hold configuration and phase until there."""
    config, info = folder.config(), _newest_info(folder)
    if info is None:
        history = History(config)
        history.add(records)
        return history
    history = History(info.to_config())
    history.phase = info.phase
    made = [record for record in records if isinstance(record, Scalars)]
    history.add(made[-1:])
    history.add(record for record in records if isinstance(record, Change | Event) and record.step >= info.step)
    return history


def _newest_info(folder: RunFolder) -> CheckpointInfo | None:
    """The metadata of the newest checkpoint whose header can be read."""
    for path in reversed(list_checkpoints(folder.checkpoint_folder)):
        with suppress(RunFolderError):
            return read_info(path)
    return None


def _state(folder: RunFolder, records: list[Record]) -> tuple[RunState, str]:
    """What the run is doing, and why it ended badly."""
    sessions = [record for record in records if isinstance(record, Session) and record.name != "noted"]
    last = sessions[-1].name if sessions else "started"
    if last == "started" and goal_of(records).finished:
        last = "finished"  # looked at again, and not trained since
    alive = trainer_alive(folder)
    if alive and not records:
        return "starting", ""
    diverged = divergence(records)
    if alive:
        return ("diverged", diverged.words) if diverged and last == "paused" else (_live_state(last), "")
    if last == "failed":
        return "failed", sessions[-1].words
    if last == "finished":
        return "finished", ""
    if diverged and last != "forked":
        return "diverged", diverged.words
    if last == "stopped":
        return "stopped", ""
    ending = "".join(last_lines(folder, 1))
    return ("died" if (records and last != "forked") or ending else "new"), ending


def _live_state(last: str) -> RunState:
    if last == "finished":
        return "finished"
    return "paused" if last == "paused" else "training"
