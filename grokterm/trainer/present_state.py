"""What a trainer is doing, for the screen."""

from __future__ import annotations

from typing import Protocol

from grokterm.trainer.past_requests import PastRequests
from grokterm.trainer.session import NOT_FINITE, TrainingSession
from grokterm.wire.messages import State, Status


class Trainer(Protocol):
    """What is known of the trainer."""

    session: TrainingSession
    past_requests: PastRequests
    state: State

    @property
    def waits_for_disk(self) -> bool:
        """Whether training stands still only because something cannot be written."""


def status_of(trainer: Trainer) -> Status:
    """What it is doing, and why not more."""
    session, state = trainer.session, trainer.state
    why = {"diverged": NOT_FINITE, "finished": session.reached}.get(state, "")
    trouble = session.trouble
    return Status(
        step=session.step,
        state=state,
        seconds=session.clock.seconds,
        steps_per_second=session.clock.steps_per_second() if state == "training" else 0.0,
        pace=session.config.pace,
        device=str(session.engine.device),
        precision=session.engine.precision,
        words=f"{trouble}; training goes on when it can" if trainer.waits_for_disk else trouble or why,
        past=trainer.past_requests.reached,
    )
