"""Requests of viewers: validated, carried out between two steps, and answered."""

from __future__ import annotations

import math
from typing import Final, Protocol

from grokterm.errors import ConfigError, TrainerError
from grokterm.trainer.past_model import PastModel
from grokterm.trainer.past_requests import PastRequest, PastRequests
from grokterm.trainer.predictions import check_question, predict
from grokterm.trainer.server import Connection, Server, UnreadableRequest
from grokterm.trainer.session import TrainingSession
from grokterm.wire.messages import Answer, Change, Go, Look, Pause, Predict, Reply, Request, State, Stop

NAME_LIMIT: Final = 80
"""Characters of the name under which a viewer changes something."""


class Trainer(Protocol):
    """What a request may ask of the trainer."""

    session: TrainingSession
    server: Server
    past: PastModel
    past_requests: PastRequests
    state: State
    paused: bool
    """While starting: whether training is to pause once the log is caught up with."""
    leaving: bool
    """Whether to end at the next step boundary, after a checkpoint."""

    refusal: str
    """Why nobody may train or change this run; empty where everybody may."""

    @property
    def waits_for_disk(self) -> bool:
        """Whether training stands still only because something cannot be written."""

    def go(self, steps: float = math.inf) -> None:
        """Trains on, or for so many steps."""

    def pause(self) -> None:
        """Stops training until somebody goes on."""

    def changed(self, rebuilt: bool) -> None:
        """Applies a change of the configuration to pace and rate."""


def handle_request(trainer: Trainer, connection: Connection, request: Request | UnreadableRequest) -> None:
    """Does what a request asks for and answers it, or says why not."""
    try:
        match request:
            case Change():
                _change(trainer, connection, request)
            case Pause():
                _reply(trainer, connection, request.id, _pause(trainer))
            case Go():
                _reply(trainer, connection, request.id, _go(trainer, request))
            case Look(at=int(step)) | Predict(at=int(step)):
                _ask_past(trainer, connection, request, step)
            case Predict():
                trainer.server.send(connection, predict(request, trainer.session.engine))
            case Stop():
                _reply(trainer, connection, request.id, "stops")
                trainer.leaving = True
            case UnreadableRequest():
                raise TrainerError(request.words)
            case Look():
                raise TypeError("pictures of the present are made by PresentRequests")
    except (TrainerError, ConfigError) as refusal:
        _reply(trainer, connection, request.id, str(refusal), ok=False)


def _reply(trainer: Trainer, connection: Connection, number: int, words: str, ok: bool = True) -> None:
    reply: Reply = Answer(number, ok, words, trainer.session.step)
    trainer.server.send(connection, reply)


def _change(trainer: Trainer, connection: Connection, request: Change) -> None:
    _check_trains(trainer)
    if trainer.state == "starting":
        raise TrainerError("the trainer is still catching up with the log: try again in a moment")
    by = "".join(letter for letter in request.by if letter.isprintable())[:NAME_LIMIT]
    plan = trainer.session.change(request.values, request.keep, by, request.ablation)
    if plan.changes:
        trainer.changed(plan.rebuilds)
    _reply(trainer, connection, request.id, plan.words or "nothing to change")
    # The answer goes first: a checkpoint may take longer than a key press should.
    if plan.changes:
        trainer.session.after_change(plan)


def _check_trains(trainer: Trainer) -> None:
    if trainer.refusal:
        raise TrainerError(trainer.refusal)


def _pause(trainer: Trainer) -> str:
    if trainer.state == "starting":
        trainer.paused = True
        return "pauses as soon as the log is caught up with"
    if trainer.state == "training" or trainer.waits_for_disk:
        trainer.pause()
    return f"{trainer.state} at step {trainer.session.step:,}"


def _go(trainer: Trainer, request: Go) -> str:
    _check_trains(trainer)
    session, steps = trainer.session, request.steps
    if steps is not None and steps < 1:
        raise TrainerError(f"the number of steps to go must be 1 or more, not {steps}")
    if trainer.state == "starting":
        trainer.paused = False
        return "goes on as soon as the log is caught up with"
    if session.diverged and not session.rewinds_now:
        raise TrainerError(
            f"the loss is not finite after step {session.step:,}: change the learning rate or the model first"
        )
    if not session.retry():
        raise TrainerError(session.trouble)
    trainer.go(math.inf if steps is None else steps)
    return "goes on" if steps is None else f"goes on for {steps:,} step{'s' if steps > 1 else ''}"


def _ask_past(trainer: Trainer, connection: Connection, request: Look | Predict, step: int) -> None:
    """Queues a request for the model at a step of the past."""
    session = trainer.session
    last = max(session.step, session.repeat_to)
    if not 0 <= step <= last:
        raise TrainerError(f"step {step:,} is not in this run: it has steps 0 to {last:,}")
    if isinstance(request, Predict):
        check_question(request, session.config)
    if step == session.step:
        trainer.past.cache_state(session.engine, session.run_log.changes)
    trainer.past_requests.add(PastRequest(connection, request, step))
