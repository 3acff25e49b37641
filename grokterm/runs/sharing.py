"""Sharing a run: the line that its files give, and what a run folder made from a line says of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Final

import msgspec

from grokterm.config import Config
from grokterm.config.plugins import SHORTEST
from grokterm.errors import GroktermError, RunFolderError
from grokterm.milestones import GROKKED, MEMORIZED
from grokterm.runs.checkpoints import CheckpointInfo, Tensors, list_checkpoints, load_checkpoint
from grokterm.runs.circumstances import Circumstances, circumstances_of
from grokterm.runs.folder import RunFolder
from grokterm.runs.history import History
from grokterm.runs.log import LogReader
from grokterm.runs.log_index import LogIndex
from grokterm.runs.opened import check_trained_here
from grokterm.runs.share import DIGEST_BYTES, OWN_OF_THE_TRAINER, Share, SharedChange, read_line
from grokterm.runs.written import read_written
from grokterm.wire.records import Change, Record, Rewind, Session

if TYPE_CHECKING:
    import numpy.typing as npt

OUTCOME: Final = "share"
"""What tells, in `about` of a session record, what came of a shared run."""
_PARAMETERS: Final = "parameters."


def share_of(folder: RunFolder) -> tuple[Share, int]:
    """A run up to its newest checkpoint, and how many later changes are left out; raises RunFolderError, ConfigError.

    The run may train meanwhile.
    """
    check_trained_here(folder, "no configuration leads to them")
    config, records = folder.config(), LogReader(folder.log_path).read()
    log = LogIndex(records)
    info, tensors = _newest(folder, log)
    before = _records_before(records, info)
    history = History(config)
    history.add(before)
    share = Share(
        config=config.changed({name: getattr(Config(), name) for name in OWN_OF_THE_TRAINER}),
        changes=_changes(log.changes[: info.changes]),
        step=info.step,
        digest=parameters_digest(tensors),
        circumstances=_circumstances(before),
        memorized=history.milestones[MEMORIZED.step_name],
        grokked=history.milestones[GROKKED.step_name],
        plugins=tuple(one.sha256[:SHORTEST] or one.plugin.key for one in folder.plugins()),
    )
    left_out = sum(touches_training(change) for change in log.changes[info.changes :])
    return share, left_out


def parameters_digest(tensors: Mapping[str, npt.NDArray[Any]]) -> bytes:
    """The first bytes of a SHA-256 of the parameters among the tensors of a checkpoint."""
    digest = hashlib.sha256()
    for name in sorted(tensors):
        if name.startswith(_PARAMETERS):
            array = tensors[name]
            digest.update(f"{name} {array.dtype.str} {array.shape}\n".encode())
            digest.update(array.tobytes())
    return digest.digest()[:DIGEST_BYTES]


def shared_in(folder: RunFolder) -> Share | None:
    """What a run was made from, where that was a line; its plugins are loaded.

    Raises RunFolderError.
    """
    written = read_written(folder.path, folder.config_path).get("share")
    if written is None:
        return None
    try:
        return read_line(msgspec.convert(written, dict[str, str])["line"])
    except (msgspec.ValidationError, LookupError, GroktermError) as error:
        raise RunFolderError(f"the [share] table of {folder.config_path} cannot be used: {error}") from None


def outcome_of(sessions: Iterable[Session]) -> Session | None:
    """The record that tells what came of a shared run: `about["share"]` is agrees, differs, unlike or left."""
    return next((session for session in sessions if OUTCOME in session.about), None)


def touches_training(change: Change) -> bool:
    """Whether a change is more than what a trainer has for itself."""
    return bool(change.values.keys() - set(OWN_OF_THE_TRAINER) or change.ablation or change.rewind)


def _newest(folder: RunFolder, log: LogIndex) -> tuple[CheckpointInfo, Tensors]:
    """The newest checkpoint that can be used."""
    for path in reversed(list_checkpoints(folder.checkpoint_folder)):
        with suppress(RunFolderError):
            info, tensors = load_checkpoint(path)
            if log.leads_to(info):
                return info, tensors
    raise RunFolderError(f"{folder.id} has no checkpoint yet: there is nothing to share")


def _records_before(records: Sequence[Record], info: CheckpointInfo) -> list[Record]:
    """The records that lead to a checkpoint, and the sessions among them."""
    found: list[Record] = []
    count = 0
    for record in records:
        if isinstance(record, Session):
            found.append(record)
            continue
        if count == info.records:
            break
        found.append(record)
        count += 1
    return found


def _circumstances(records: Sequence[Record]) -> Circumstances | None:
    """On what a run was trained; None where that is not known, or changed."""
    told = {circumstances_of(record.about) for record in records if isinstance(record, Session)} - {None}
    return told.pop() if len(told) == 1 else None


def _changes(changes: Sequence[Change]) -> tuple[SharedChange, ...]:
    """The changes that are shared: settings that a trainer has for itself are left out."""
    found: list[SharedChange] = []
    kept: list[int] = []
    last = 0
    for at, change in enumerate(changes):
        if not touches_training(change):
            continue
        values = {name: value for name, value in change.values.items() if name not in OWN_OF_THE_TRAINER}
        rewind = change.rewind and Rewind(change.rewind.step, sum(one < change.rewind.changes for one in kept))
        found.append(SharedChange(change.step - last, values, change.keep, change.ablation, rewind))
        kept.append(at)
        last = change.step
    return tuple(found)
