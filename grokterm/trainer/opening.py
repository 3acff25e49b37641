"""Opening a run folder to train: fresh from its configuration, or where its log and checkpoints left off."""

from __future__ import annotations

from dataclasses import dataclass

from grokterm import durable
from grokterm.errors import RunFolderError, reason_of
from grokterm.lab import devices
from grokterm.lab.engine import Engine
from grokterm.runs.checkpoints import quarantine
from grokterm.runs.folder import RunFolder
from grokterm.runs.goals import divergence, goal_of, trouble_at_end
from grokterm.runs.log import LogReader, LogWriter
from grokterm.runs.log_index import LogIndex
from grokterm.runs.opened import why_not_trained
from grokterm.trainer.checkpoint_writer import CheckpointWriter
from grokterm.trainer.clock import Clock
from grokterm.trainer.run_log import RunLog
from grokterm.trainer.session import TrainingSession
from grokterm.training.restore import restore
from grokterm.wire.records import Scalars, Session, TrainingRecord


@dataclass(frozen=True)
class OpenedRun:
    """A run that can go on, and where its log ends."""

    folder: RunFolder
    session: TrainingSession
    is_new: bool
    """Whether nothing was logged before."""
    finished: bool
    """Whether the log ends at a goal that was reached, and nobody went on from there."""
    goal_open: bool
    """Whether reaching the goal still ends training."""
    words: tuple[str, ...]
    """From where it goes on, and which checkpoints could not be used."""
    remark: str = ""
    """What there is to say about steps on this machine's CPU."""
    refusal: str = ""
    """Why it is neither trained nor changed, where that is so."""


def open_run(folder: RunFolder, remark: str = "") -> OpenedRun:
    """The run of a folder at its newest good checkpoint; the log from there on is repeated by going on.

    `remark` is something about this machine for the log. Raises RunFolderError, and ConfigError where its device is
    not on this machine.
    """
    first = folder.config()
    devices.resolve(first)
    records = LogReader(folder.log_path).read()
    training: list[TrainingRecord] = [record for record in records if not isinstance(record, Session)]
    if not records:
        _settle(folder)
    found, unusable = restore(folder, LogIndex(training))
    for path in unusable:
        quarantine(path)
    engine, info = found or (Engine(first), None)
    seconds = max((record.seconds for record in training if isinstance(record, Scalars)), default=0.0)
    run_log = RunLog(first, LogWriter(folder.log_path), training, info.records if info else 0)
    clock = Clock(max(seconds, info.seconds if info else 0.0))
    refusal = why_not_trained(folder)
    if refusal and info is None:
        raise RunFolderError(f"{folder.id} has no checkpoint that can be read: its weights are lost")
    checkpoints = CheckpointWriter(folder, last=info if refusal else None)
    session = TrainingSession(folder, engine, run_log, checkpoints, clock)
    session.last = next((record for record in reversed(training) if isinstance(record, Scalars)), None)
    session.diverged = divergence(training) is not None
    session.trouble_at_end = trouble_at_end(records)
    session.in_trouble = "" if run_log.replaying else session.trouble_at_end
    session.repeat_to = max((record.step for record in records), default=0)
    words = [f"from the checkpoint at step {info.step:,}"] if info else []
    goal = goal_of(records)
    return OpenedRun(
        folder=folder,
        session=session,
        is_new=not training,
        finished=goal.finished,
        goal_open=goal.open,
        words=(*words, *(f"{why}; set aside" for why in unusable.values())),
        remark=remark,
        refusal=refusal,
    )


def _settle(folder: RunFolder) -> None:
    """Brings a new run to the disk, before anything is trained that could be lost with it."""
    try:
        durable.settle(folder.config_path)
    except OSError as error:
        raise RunFolderError(f"the run {folder.path} cannot be kept: {reason_of(error)}") from None
