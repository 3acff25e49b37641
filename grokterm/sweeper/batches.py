"""Training a batch of runs in this process, together where they can share and gain by it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from grokterm.config import Config
from grokterm.errors import ConfigError, GroktermError
from grokterm.lab import devices
from grokterm.lab.engine import Engine
from grokterm.lab.replicas import together, worth_batching
from grokterm.sweeper.course import Course
from grokterm.sweeper.reading import digest_of, gini_of, on_threads, reason_of_failure
from grokterm.sweeper.replicas import train_together
from grokterm.sweeps.batch import Batch, BatchResult, Outcome, Training
from grokterm.sweeps.curves import POINTS
from grokterm.training.recording import is_measured, steps_to_next

LEAST: Final = 4
"""Runs that train together: fewer are as fast one after another."""


Asked = Callable[[], bool]
"""Whether there is time for another run, or whether those that train are to be left."""


def train(batch: Batch, asked_to_end: Callable[[], bool] = lambda: False) -> BatchResult:
    """Trains every run of a batch to its goal or budget; one that fails is an outcome with its reason.

    One run is trained at least; others are not begun when their time is over, and left when it is asked to end.
    """
    began = time.monotonic()
    outcomes: list[Outcome] = []

    def go_on() -> bool:
        return time.monotonic() < began + batch.seconds and not asked_to_end()

    def leave() -> bool:
        return bool(outcomes) and asked_to_end()

    for runs in _sharing(batch.runs):
        _train(runs, batch.points, outcomes, go_on, leave)
    return BatchResult(tuple(outcomes), time.monotonic() - began)


def _sharing(runs: Sequence[tuple[int, Config]]) -> Iterator[list[tuple[int, Config]]]:
    """The runs by what they can share; one that trains alone by itself."""
    groups: dict[object, list[tuple[int, Config]]] = {}
    for run, config in runs:
        try:
            key = together(config)
        except (GroktermError, RuntimeError):
            key = None  # what is wrong with it is found where it is trained
        groups.setdefault(run if key is None else (key, "together"), []).append((run, config))
    yield from groups.values()


def _train(runs: list[tuple[int, Config]], points: int, outcomes: list[Outcome], go_on: Asked, leave: Asked) -> None:
    """Trains runs that can share, one after another where that is as fast, or where there is no room for all."""
    if outcomes and not go_on():
        return
    if len(runs) >= LEAST:
        try:
            device, _ = devices.resolve(runs[0][1])
            if worth_batching(runs[0][1], device):
                train_together(runs, device.type, points, outcomes, go_on, leave)
                return
        except ConfigError:
            pass
    ended = {outcome.run for outcome in outcomes}
    for run, config in runs:
        if run in ended:
            continue
        if outcomes and not go_on():
            return
        outcome = train_alone(run, config, points, leave)
        if outcome is None:
            return
        outcomes.append(outcome)


def train_alone(run: int, config: Config, points: int = POINTS, leave: Asked = lambda: False) -> Outcome | None:
    """Trains one run as its trainer would: the same bits on the same device and as many threads; None where it is left.

    It is left, between two of its measures, when `leave` says so.
    """
    began = time.monotonic()
    course, engine, failure = Course(config, points), None, ""
    try:
        engine = Engine(config)
        failure = _to_the_end(engine, course, leave)
    except (GroktermError, RuntimeError, MemoryError) as error:
        failure = reason_of_failure(error)
    seconds = round(time.monotonic() - began, 4)
    if engine is None:
        return course.outcome(run, Training(seconds), failure=failure)
    if not (failure or course.ended):
        return None
    words = f"{engine.strategy.name}{on_threads(engine.device)}"
    digest = "" if failure else digest_of(engine.parameters)
    training = Training(seconds, str(engine.device), engine.precision, words)
    return course.outcome(run, training, digest, failure, engine.step)


def _to_the_end(engine: Engine, course: Course, leave: Asked) -> str:
    """Trains until the course has ended, measuring when a run of its own has records; why it failed, or nothing."""
    config = course.config
    while not leave():
        read = engine.step == 0 or is_measured(config, engine.step)
        course.add(engine.step, engine.measure(), gini_of(config, engine.parameters) if read else None)
        if course.ended:
            if not read:
                course.gini = gini_of(config, engine.parameters)
            return ""
        engine.advance(steps_to_next(config, engine.step))
        if not engine.finite:
            return f"the loss is no longer finite after step {engine.step:,}"
    return ""
