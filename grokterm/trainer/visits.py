"""Who asks for models of the past, and how much of the time that may take."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from grokterm.analysis.cancellation import CancelledError
from grokterm.errors import GroktermError
from grokterm.lab.engine import Engine
from grokterm.trainer.answers import predict
from grokterm.trainer.frames import Frames
from grokterm.trainer.past import Past
from grokterm.trainer.server import Connection
from grokterm.wire.messages import Answer, Look, Predict, Reply, Status, View

SLICE: Final = 0.02
"""Seconds of work between polls; a step is never split."""
SHARE: Final = 0.5
"""Share of the time that may be spent in the past while training goes on."""
PATIENCE: Final = 60.0
"""Seconds without a request after which the model of the past is given up."""


class Visit(NamedTuple):
    """A request that waits for a model of the past."""

    connection: Connection
    request: Look | Predict
    step: int


class Visits:
    """Takes a model of the past to the steps asked for, those of the longest waiting viewer first."""

    def __init__(
        self,
        past: Past,
        send: Callable[[Connection, Reply], None],
        status: Callable[[], Status],
        frames: Callable[[], Frames],
        patience: float = PATIENCE,
    ) -> None:
        self._past = past
        self._send = send
        self._status = status
        self._patience = patience
        self._waiting: list[Visit] = []
        self._make_frames = frames
        self._frames = (-1, frames())
        self._next = -math.inf
        self._forget_at = math.inf

    @property
    def reached(self) -> int | None:
        """The step to which the model of the past has come on its way; None where nobody waits for it."""
        return self._past.step if self._waiting else None

    def add(self, visit: Visit) -> None:
        """Takes a request; older ones of this viewer for other steps, or for the same, are answered as overtaken."""
        mine = [older for older in self._waiting if older.connection is visit.connection]
        overtaken = [one for one in mine if one.step != visit.step or type(one.request) is type(visit.request)]
        self._waiting = [one for one in self._waiting if one not in overtaken]
        self._waiting.append(visit)
        self._forget_at = time.monotonic() + self._patience
        for connection, request, _ in overtaken:
            self._send(connection, self._overtaken(request, visit.step))

    def work(self, training: bool) -> None:
        """A slice of the way to a step that somebody waits for, if training leaves time; answers on arrival."""
        self._waiting = [visit for visit in self._waiting if not visit.connection.closed]
        now = time.monotonic()
        if not self._waiting:
            if now >= self._forget_at:
                self._forget()
        elif not training or now >= self._next:
            self._visit(self._waiting[0].step)
            took = time.monotonic() - now
            self._next = now + took / SHARE
            self._forget_at = now + took + self._patience

    def wait(self, training: bool) -> float:
        """Seconds until there is something to do; infinite where there is nothing."""
        if not self._waiting:
            return max(0.0, self._forget_at - time.monotonic())
        return max(0.0, self._next - time.monotonic()) if training else 0.0

    def _visit(self, step: int) -> None:
        try:
            engine = self._past.approach(step, SLICE)
            replies = None if engine is None else self._replies(step, engine)
        except CancelledError:
            return  # what was heard comes first; then the picture is made anew
        except (GroktermError, RuntimeError, MemoryError) as error:
            self._forget()
            reason = (str(error).splitlines() or ["there is no memory left"])[0]
            words = f"the model of step {step:,} cannot be made again: {reason}"
            replies = [(visit, self._refusal(visit.request, words)) for visit in self._at(step)]
        if replies is not None:
            self._waiting = [visit for visit in self._waiting if visit.step != step]
            for visit, reply in replies:
                self._send(visit.connection, reply)

    def _replies(self, step: int, engine: Engine) -> list[tuple[Visit, Reply]]:
        if self._frames[0] != step:
            # Key frequencies are those of this model alone, whatever was looked at before.
            self._frames = (step, self._make_frames())
        frames = self._frames[1]
        replies: list[tuple[Visit, Reply]] = []
        for visit in self._at(step):
            request = visit.request
            if isinstance(request, Look):
                made = frames.make(request, engine, 0)
                replies.append((visit, View(request.id, self._status(), made, step)))
            else:
                replies.append((visit, predict(request, engine)))
        return replies

    def _at(self, step: int) -> list[Visit]:
        return [visit for visit in self._waiting if visit.step == step]

    def _overtaken(self, request: Look | Predict, step: int) -> Reply:
        if isinstance(request, Look):
            return View(request.id, self._status(), (), request.at or 0)
        return self._refusal(request, f"overtaken by a request for step {step:,}")

    def _refusal(self, request: Look | Predict, words: str) -> Answer:
        return Answer(request.id, False, words, self._status().step)

    def _forget(self) -> None:
        self._past.forget()
        self._frames = (-1, self._make_frames())
        self._forget_at = math.inf
