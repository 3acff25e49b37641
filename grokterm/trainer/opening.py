"""Opening a run folder to train: fresh from its configuration, or where its log and checkpoints left off."""

from __future__ import annotations

import platform
from dataclasses import dataclass

import torch

from grokterm import __version__
from grokterm.config import Value, settings
from grokterm.errors import ConfigError, RunFolderError
from grokterm.lab import devices
from grokterm.lab.engine import Engine
from grokterm.runs.checkpoints import Mark, checkpoints, load, set_aside
from grokterm.runs.folder import RunFolder
from grokterm.runs.log import LogReader, LogWriter
from grokterm.trainer.clock import Clock
from grokterm.trainer.course import Course
from grokterm.trainer.journal import Journal, TrainingRecord
from grokterm.trainer.saver import Saver
from grokterm.wire.records import Change, Event, Record, Scalars, Session


@dataclass(frozen=True)
class Opened:
    """A run that can go on, and what its log tells about where it stood."""

    course: Course
    anew: bool
    """Whether nothing was logged before."""
    finished: bool
    """Whether the log ends at a goal that was reached, and nobody went on from there."""
    goal_open: bool
    """Whether reaching the goal still ends training."""
    words: tuple[str, ...]
    """From where it goes on, and which checkpoints could not be used."""


def open_run(folder: RunFolder) -> Opened:
    """The run of a folder at its newest good checkpoint; the log from there on is repeated by going on.

    Raises RunFolderError, and ConfigError where its device is not on this machine.
    """
    first = folder.config()
    devices.resolve(first)
    records = LogReader(folder.log_path).read()
    training: list[TrainingRecord] = [record for record in records if not isinstance(record, Session)]
    found, complaints = _newest_good(folder, training)
    engine, mark = found or (Engine(first), None)
    seconds = max((record.seconds for record in training if isinstance(record, Scalars)), default=0.0)
    journal = Journal(LogWriter(folder.log_path), training, mark.records if mark else 0)
    course = Course(engine, journal, Saver(folder), Clock(max(seconds, mark.seconds if mark else 0.0)))
    course.last = next((record for record in reversed(training) if isinstance(record, Scalars)), None)
    course.stuck = _is_stuck(training)
    course.repeat_to = max((record.step for record in records), default=0)
    words = [f"from the checkpoint at step {mark.step:,}"] if mark else []
    goal_open, finished = _goal(records)
    return Opened(
        course=course,
        anew=not training,
        finished=finished,
        goal_open=goal_open,
        words=(*words, *complaints),
    )


def about(engine: Engine) -> dict[str, Value]:
    """What is needed to repeat the run bit for bit, by name."""
    return {
        "device": str(engine.device),
        "precision": engine.precision,
        "threads": torch.get_num_threads(),
        "torch": str(torch.__version__),
        "grokterm": __version__,
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
    }


def _newest_good(folder: RunFolder, training: list[TrainingRecord]) -> tuple[tuple[Engine, Mark] | None, list[str]]:
    """The engine of the newest checkpoint that can be used, and a complaint about each newer one."""
    complaints: list[str] = []
    for path in reversed(checkpoints(folder.checkpoint_folder)):
        try:
            mark, tensors = load(path)
            if not mark.is_in(training):
                raise RunFolderError(f"the checkpoint {path} cannot be used: the log does not lead to it")
            engine = Engine(mark.to_config())
            engine.load({name: torch.from_numpy(array.copy()) for name, array in tensors.items()})
            return (engine, mark), complaints
        except (RunFolderError, ConfigError) as error:
            complaints.append(f"{error}; set aside")
            set_aside(path)
    return None, complaints


def _is_stuck(training: list[TrainingRecord]) -> bool:
    """Whether a log ends at a loss that is not finite, with nothing changed since but pace and goal."""
    for record in reversed(training):
        if not isinstance(record, Change):
            return isinstance(record, Event) and record.name == "not_finite"
        if any(settings()[name].group != "Run" for name in record.values if name in settings()):
            return False
    return False


def _goal(records: list[Record]) -> tuple[bool, bool]:
    """Whether the goal still ends training, and whether the log ends at it."""
    goal_open, finished = True, False
    for record in records:
        if isinstance(record, Session) and record.name in ("finished", "resumed"):
            finished = record.name == "finished"
            goal_open = goal_open and not finished
        elif isinstance(record, Change) and {"until", "max_steps"} & record.values.keys():
            goal_open, finished = True, False
    return goal_open, finished
