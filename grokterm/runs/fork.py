"""Forks: a new run from exactly one step of another one, made of copies of its files; no model is touched."""

from __future__ import annotations

import os
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Final

from grokterm import durable
from grokterm.config import Config, Value, label, settings
from grokterm.config.plugins import LOADED
from grokterm.errors import ConfigError, RunFolderError
from grokterm.number_format import spelled
from grokterm.real_files import is_there, opened_folder, reading
from grokterm.runs.changes import plan_change, with_followers
from grokterm.runs.checkpoints import list_checkpoints, parse_name, read_info
from grokterm.runs.folder import Parent, RunFolder, new_folder, write_config
from grokterm.runs.goals import goal_of
from grokterm.runs.history import History
from grokterm.runs.log import LogReader
from grokterm.runs.log_index import LogIndex, last_step
from grokterm.runs.opened import check_trained_here
from grokterm.spelling import option_name
from grokterm.view_options import ViewOptions
from grokterm.wire.records import Change, Record, Scalars, Session, SessionName, encode_record

_KEPT: Final[tuple[SessionName, ...]] = ("started", "finished", "resumed", "forked")
"""Sessions of the parent that its fork needs: on what it was trained, and where its goal stands."""


@dataclass(frozen=True, slots=True)
class Fork:
    """A run that was made from another one."""

    folder: RunFolder
    step: int
    """The step of the parent from which it goes on."""
    words: str
    """Where it comes from, and what is changed in it."""
    complaints: tuple[str, ...]
    """Checkpoints of the parent that could not be used."""


def fork_run(
    parent: RunFolder,
    home: Path,
    step: int | None = None,
    values: Mapping[str, Value] = MappingProxyType({}),
    keep: bool = False,
    by: str = "",
) -> Fork:
    """A new run in `home` from `step` of the parent, its last one by default, with settings changed there.

    The parent may train meanwhile. Opening the fork goes on from its newest checkpoint and repeats the log to
    `step`. Raises RunFolderError where the parent has no such step, ConfigError on settings that a fork cannot have.
    """
    check_trained_here(parent, "they cannot be trained on, in a fork either")
    first = parent.config()
    if LOADED:
        from grokterm.runs.plugins import check_fork

        check_fork(parent.path, parent.plugins())
    records = LogReader(parent.log_path).read()
    if not any(isinstance(record, Scalars) for record in records):
        raise RunFolderError(f"{parent.id} has not begun to train: there is nothing to fork")
    last = last_step(parent, records)
    at = last if step is None else step
    if not 0 <= at <= last:
        raise RunFolderError(f"{parent.id} has steps 0 to {last:,}: it cannot be forked at step {at:,}")
    kept = [record for record in records if record.step <= at]
    change, config = _change(_history(first, kept), at, values, keep, by)
    origin = Parent(parent.id, str(parent.path.absolute()), at)
    words = f"forked from {parent.id} at step {at:,}"
    log = [*_without_pauses(kept), *_start(origin, words, kept), *([change] if change else [])]
    with new_folder(config, home) as folder:
        complaints = _take_checkpoints(parent, folder, LogIndex(kept), at)
        durable.write(folder.log_path, b"".join(map(encode_record, log)), folder.path / "log.jsonl.part")
        write_config(folder, first, _view(parent), {"parent": asdict(origin)})
    return Fork(folder, at, f"{words}: {change.words}" if change else words, tuple(complaints))


def _history(first: Config, records: Sequence[Record]) -> History:
    history = History(first)
    try:
        history.add(records)
    except ConfigError as error:
        raise RunFolderError(f"the log holds a change that cannot be made: {error}") from None
    return history


def _change(
    history: History, at: int, values: Mapping[str, Value], keep: bool, by: str
) -> tuple[Change | None, Config]:
    """The record of the settings that differ in the fork, if any do, and its configuration; raises ConfigError."""
    present = history.config.as_dict()
    for name, value in values.items():
        if name in settings() and settings()[name].acts == "starts a new run" and value != present[name]:
            wish = f"{option_name(name)} {value}"
            raise ConfigError(f"{label(name)} {spelled(present[name])} stays in a fork: start a new run with {wish}")
    plan = plan_change(history.config, at, with_followers(history.config, values))
    if not plan.values:
        return None, plan.config
    return plan.record(at, keep, by), plan.config


def _without_pauses(records: Sequence[Record]) -> list[Record]:
    return [record for record in records if not isinstance(record, Session) or record.name in _KEPT]


def _start(origin: Parent, words: str, kept: Sequence[Record]) -> list[Session]:
    """How the fork's own part of the log begins: beyond the goal, where its parent had reached that."""
    now = time.time()
    about: dict[str, Value] = {"parent": origin.run, "path": origin.path, "step": origin.step}
    forked = Session(origin.step, "forked", words, now, about)
    return [Session(origin.step, "resumed", "goes on", now), forked] if goal_of(kept).finished else [forked]


def _take_checkpoints(parent: RunFolder, folder: RunFolder, log: LogIndex, at: int) -> list[str]:
    """Links the parent's checkpoints up to a step into the fork; complaints about those that cannot be used."""
    complaints: list[str] = []
    for path in list_checkpoints(parent.checkpoint_folder):
        if parse_name(path)[0] > at:
            continue
        try:
            if log.leads_to(read_info(path)):  # a parent that trains may be ahead of what was read of its log
                _link(path, folder.checkpoint_folder / path.name)
        except RunFolderError as error:
            if is_there(path):  # it may have been thinned out meanwhile
                complaints.append(str(error))
    durable.sync_folder(folder.checkpoint_folder)
    return complaints


def _link(source: Path, target: Path) -> None:
    """Gives a checkpoint, which never changes, a second name; a copy where the file system has no links."""
    with suppress(FileNotFoundError), opened_folder(source.parent) as folder:
        try:
            os.link(source.name, target, src_dir_fd=folder, follow_symlinks=False)
        except FileNotFoundError:
            raise
        except OSError:
            with reading(source.name, folder) as file:
                durable.write(target, file.read(), target.with_suffix(".part"))


def _view(parent: RunFolder) -> ViewOptions:
    try:
        return parent.view()
    except RunFolderError:
        return ViewOptions()
