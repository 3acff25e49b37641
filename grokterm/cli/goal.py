"""Whether a run has reached its goal, and what it came to."""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec

from grokterm.config import Value
from grokterm.milestones import GROKKED, MEMORIZED
from grokterm.runs.history import History
from grokterm.wire.records import Record, Session


class Result(msgspec.Struct, frozen=True):
    """What a run came to; `grokterm train --json` prints it before its `Emergence`."""

    run: str
    step: int
    phase: str
    train_accuracy: float | None
    test_accuracy: float | None
    train_loss: float | None
    test_loss: float | None
    steps_per_second: float
    """Over the whole run, pauses left out."""
    seconds: float
    """Spent training."""
    device: str
    precision: str
    seed: int


@dataclass(frozen=True, slots=True)
class GoalProgress:
    """How far a run is on its way: 0 to 1 of its goal, and the rate over the last second of training."""

    share: float
    steps_per_second: float


def reached(history: History, until: Value | None = None) -> bool:
    """Whether the run's goal, or another one, is reached; forever never is."""
    last = history.last
    until = history.config.until if until is None else until
    if last is None:
        return False
    if isinstance(until, int):
        return last.step >= until
    if until == "memorized":
        return history.milestones[MEMORIZED.step_name] is not None
    return until == "grokked" and history.milestones[GROKKED.step_name] is not None


def goal_progress(history: History) -> GoalProgress:
    """How far the run is; by steps where the goal is a step or none, else by accuracy."""
    last, config = history.last, history.config
    if last is None:
        return GoalProgress(0.0, 0.0)
    if config.until == "memorized":
        share = last.train_accuracy / MEMORIZED.accuracy
    elif config.until == "grokked":
        share = last.test_accuracy / GROKKED.accuracy
    else:
        share = last.step / min(config.max_steps, config.until if isinstance(config.until, int) else math.inf)
    seconds = history.column("seconds")
    first = int(seconds.searchsorted(last.seconds - 1.0))
    time = last.seconds - float(seconds[first])
    steps = last.step - int(history.column("step")[first])
    return GoalProgress(min(1.0, share), steps / time if time > 0 else 0.0)


def ending_record(records: list[Record]) -> Session | None:
    """The record with which training ended, if it is among these."""
    ends = [r for r in records if isinstance(r, Session) and r.name in ("finished", "stopped", "failed")]
    return ends[-1] if ends else None


def result(run: str, history: History) -> Result:
    """What a run came to."""
    last = history.last
    about = {name: value for session in history.sessions for name, value in session.about.items()}
    seconds = last.seconds if last else 0.0
    step = last.step if last else 0
    return Result(
        run=run,
        step=step,
        phase=history.phase,
        train_accuracy=last.train_accuracy if last else None,
        test_accuracy=last.test_accuracy if last else None,
        train_loss=last.train_loss if last else None,
        test_loss=last.test_loss if last else None,
        steps_per_second=step / seconds if seconds > 0 else 0.0,
        seconds=seconds,
        device=str(about.get("device", history.config.device)),
        precision=str(about.get("precision", history.config.precision)),
        seed=history.config.seed,
    )
