"""What a trainer does about trouble, as `--on-trouble` asks: goes back, pauses, or trains on."""

from __future__ import annotations

from typing import Protocol

from grokterm.config import Value
from grokterm.trainer.session import NOT_FINITE, TrainingSession
from grokterm.troubles import TROUBLES
from grokterm.wire.messages import State


class Trainer(Protocol):
    """What trouble may ask of the trainer."""

    session: TrainingSession
    steps_left: float

    def pause(self, state: State = "paused", words: str = "paused", about: dict[str, Value] | None = None) -> None:
        """Stops training until somebody goes on."""

    def finish(self) -> None:
        """Ends training at its goal."""

    def changed(self, rebuilt: bool) -> None:
        """Applies a change of the configuration to pace and rate."""


def respond(trainer: Trainer) -> None:
    """Does what was asked for about the trouble that the session is in."""
    session, name = trainer.session, trainer.session.in_trouble
    trouble = TROUBLES[name]
    state: State = "diverged" if session.diverged else "paused"
    if session.reached:
        trainer.finish()
    elif session.rewinds_now:
        why = session.rewind()
        if not why:
            trainer.changed(False)
            return
        trainer.pause(state, f"paused: {trouble.title}, and {why}", {"trouble": name})
    elif session.config.on_trouble == "pause" or session.diverged:
        words = NOT_FINITE if session.diverged else f"{trouble.title}; {trouble.advice}"
        trainer.pause(state, f"paused: {words}", {"trouble": name})
    elif trainer.steps_left <= 0:
        trainer.pause()
    session.in_trouble = ""
