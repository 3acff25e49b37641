"""What viewers ask for: validated, carried out between two steps, and answered."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from grokterm.errors import ConfigError, TrainerError
from grokterm.trainer.server import Connection, Unreadable
from grokterm.wire.messages import Answer, Change, Go, Look, Pause, Predict, Prediction, Reply, Request, Stop

if TYPE_CHECKING:
    from grokterm.trainer.loop import Trainer

NAME_LIMIT: Final = 80
"""Characters of the name under which a viewer changes something."""


def carry_out(trainer: Trainer, connection: Connection, request: Request | Unreadable) -> None:
    """Does what a request asks for and answers it, or says why not."""
    try:
        match request:
            case Change():
                _change(trainer, connection, request)
            case Pause():
                _reply(trainer, connection, request.id, _pause(trainer))
            case Go():
                _reply(trainer, connection, request.id, _go(trainer, request))
            case Predict():
                trainer.server.send(connection, _predict(trainer, request))
            case Stop():
                _reply(trainer, connection, request.id, "stops")
                trainer.leaving = True
            case Unreadable():
                raise TrainerError(request.words)
            case Look():
                raise TypeError("frames are answered by the trainer's looks")
    except (TrainerError, ConfigError) as refusal:
        _reply(trainer, connection, request.id, str(refusal), ok=False)


def _reply(trainer: Trainer, connection: Connection, number: int, words: str, ok: bool = True) -> None:
    reply: Reply = Answer(number, ok, words, trainer.course.step)
    trainer.server.send(connection, reply)


def _change(trainer: Trainer, connection: Connection, request: Change) -> None:
    if trainer.state == "starting":
        raise TrainerError("the trainer is still catching up with the log: try again in a moment")
    by = "".join(letter for letter in request.by if letter.isprintable())[:NAME_LIMIT]
    plan = trainer.course.change(request.values, request.keep, by)
    if plan.values:
        trainer.changed(plan.rebuilds)
    _reply(trainer, connection, request.id, plan.words or "nothing to change")
    # The answer goes first: a checkpoint may take longer than a key press should.
    if plan.values:
        trainer.course.after_change(plan)


def _pause(trainer: Trainer) -> str:
    if trainer.state == "starting":
        trainer.paused = True
        return "pauses as soon as the log is caught up with"
    if trainer.state == "training":
        trainer.pause()
    return f"{trainer.state} at step {trainer.course.step:,}"


def _go(trainer: Trainer, request: Go) -> str:
    course, steps = trainer.course, request.steps
    if steps is not None and steps < 1:
        raise TrainerError(f"the number of steps to go must be 1 or more, not {steps}")
    if trainer.state == "starting":
        trainer.paused = False
        return "goes on as soon as the log is caught up with"
    if course.stuck:
        raise TrainerError(
            f"the loss is not finite after step {course.step:,}: change the learning rate or the model first"
        )
    if not course.retry():
        raise TrainerError(course.trouble)
    trainer.go(math.inf if steps is None else steps)
    return "goes on" if steps is None else f"goes on for {steps:,} step{'s' if steps > 1 else ''}"


def _predict(trainer: Trainer, request: Predict) -> Prediction:
    engine, a, b = trainer.course.engine, request.a, request.b
    p = engine.task.p
    if not (0 <= a < p and 0 <= b < p):
        raise TrainerError(f"a and b must be from 0 to {p - 1}, not {a} and {b}")
    if not 1 <= request.count <= p:
        raise TrainerError(f"the number of answers must be from 1 to {p}, not {request.count}")
    label = int(engine.task.labels[a, b])
    return Prediction(
        id=request.id,
        step=engine.step,
        a=a,
        b=b,
        answers=tuple(engine.answers(a, b, request.count)),
        right=label if label >= 0 else None,
        trained=bool((engine.task.train == a * p + b).any()),
    )
