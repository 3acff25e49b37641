"""Training runs of a sweep together, as replicas of one program."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from grokterm.config import Config
from grokterm.lab.replicas import Replicas
from grokterm.sweeper.course import Course
from grokterm.sweeper.reading import digest_of, gini_of, on_threads
from grokterm.sweeps.batch import Outcome, Training
from grokterm.training.recording import is_due, is_measured, steps_to_next

MOST: Final = {"cpu": 32, "cuda": 512, "mps": 64}
"""Replicas that train at once, by kind of device: on a CPU more are no faster."""


@dataclass(slots=True)
class _Running:
    """One run that trains."""

    run: int
    course: Course
    seconds: float = 0.0
    """Its share of the time that all took."""
    beside: int = 1
    """The replicas among which it began."""
    counted: int = field(default=-1)
    """The step that was last counted."""


def train_together(
    runs: Sequence[tuple[int, Config]],
    device: str,
    points: int,
    outcomes: list[Outcome],
    go_on: Callable[[], bool] = lambda: True,
    leave: Callable[[], bool] = lambda: False,
) -> None:
    """Trains runs that can share and adds what comes of them to `outcomes`; raises ConfigError.

    Those that end leave, and others enter in their place while `go_on` says so; where replicas are alike, every one has
    the bits that it has alone. Those that have not ended when `leave` says so are left.
    """
    waiting = deque(runs)
    first = [waiting.popleft() for _ in range(min(len(runs), MOST[device]))]
    replicas = Replicas([config for _, config in first])
    running = [_Running(run, Course(config, points), beside=len(first)) for run, config in first]
    while running and not leave():
        began = time.monotonic()
        finite = [True] * len(running)
        if all(each.counted >= 0 for each in running):
            finite = replicas.advance(_steps_to_next(replicas, running))
        _record(replicas, running)
        share = (time.monotonic() - began) / len(running)
        for each in running:
            each.seconds += share
        done = [i for i, each in enumerate(running) if each.course.ended or not finite[i]]
        outcomes += [_outcome(replicas, i, running[i], finite[i]) for i in done]
        running = _replace(replicas, running, done, waiting if go_on() else deque(), points)


def _steps_to_next(replicas: Replicas, running: Sequence[_Running]) -> int:
    """Steps to the next one at which a run is measured."""
    return min(steps_to_next(each.course.config, step) for each, step in zip(running, replicas.steps, strict=True))


def _record(replicas: Replicas, running: Sequence[_Running]) -> None:
    """Has every course know the measures of its run, where a run of its own would have a record."""
    measures = replicas.measure()
    for i, (each, step) in enumerate(zip(running, replicas.steps, strict=True)):
        config = each.course.config
        if step == each.counted or not (step == 0 or is_due(config, step)):
            continue
        read = step == 0 or is_measured(config, step)
        each.course.add(step, measures[i], gini_of(config, replicas.parameters(i)) if read else None)
        each.counted = step
        if each.course.ended and not read:
            each.course.gini = gini_of(config, replicas.parameters(i))


def _outcome(replicas: Replicas, i: int, each: _Running, finite: bool) -> Outcome:
    step = replicas.steps[i]
    failure = "" if finite else f"the loss is no longer finite after step {step:,}"
    among = f"among {each.beside:,} replica{'s' if each.beside > 1 else ''}"
    strategy = f"{replicas.strategy_name}, {among}{on_threads(replicas.device)}"
    training = Training(round(each.seconds, 4), str(replicas.device), replicas.precision, strategy)
    digest = "" if failure else digest_of(replicas.parameters(i))
    return each.course.outcome(each.run, training, digest, failure, step)


def _replace(
    replicas: Replicas,
    running: list[_Running],
    done: Sequence[int],
    waiting: deque[tuple[int, Config]],
    points: int,
) -> list[_Running]:
    """Those that go on: waiting runs in the place of those that ended, and else fewer."""
    left = []
    for i in done:
        if waiting:
            run, config = waiting.popleft()
            replicas.enter(i, config)
            running[i] = _Running(run, Course(config, points), beside=len(running))
        else:
            left.append(i)
    keep = [i for i in range(len(running)) if i not in left]
    if left and keep:
        replicas.leave(keep)
    return [running[i] for i in keep]
