"""Requests for models of the past, and the share of time that they may use."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Final, NamedTuple

from grokterm.analysis.cancellation import CancelledError
from grokterm.errors import GroktermError
from grokterm.lab.engine import Engine
from grokterm.trainer.past_model import PastModel
from grokterm.trainer.pictures import PictureMaker
from grokterm.trainer.predictions import predict
from grokterm.trainer.server import Connection
from grokterm.wire.messages import Answer, Look, Pictures, Predict, Reply, Status

SLICE: Final = 0.02
"""Seconds of work between polls; a step is never split."""
SHARE: Final = 0.5
"""Share of the time that may be spent in the past while training goes on."""
FREE_SECONDS: Final = 60.0
"""Seconds without a request after which the memory of the past model is freed."""


class PastRequest(NamedTuple):
    """A request that waits for a model of the past."""

    connection: Connection
    request: Look | Predict
    step: int


class PastRequests:
    """Advances the past model to the steps requested, those of the longest waiting viewer first."""

    def __init__(
        self,
        past: PastModel,
        send: Callable[[Connection, Reply], None],
        status: Callable[[], Status],
        new_maker: Callable[[], PictureMaker],
        free_seconds: float = FREE_SECONDS,
    ) -> None:
        self._past = past
        self._send = send
        self._status = status
        self._free_seconds = free_seconds
        self._waiting: list[PastRequest] = []
        self._new_maker = new_maker
        self._maker = (-1, new_maker())
        self._next = -math.inf
        self._forget_at = math.inf

    @property
    def reached(self) -> int | None:
        """The step to which the model of the past has come on its way; None where nobody waits for it."""
        return self._past.step if self._waiting else None

    def add(self, waiting: PastRequest) -> None:
        """Adds a request; older ones of this viewer for other steps, or for the same, are answered as superseded."""
        mine = [older for older in self._waiting if older.connection is waiting.connection]
        superseded = [one for one in mine if one.step != waiting.step or type(one.request) is type(waiting.request)]
        self._waiting = [one for one in self._waiting if one not in superseded]
        self._waiting.append(waiting)
        self._forget_at = time.monotonic() + self._free_seconds
        for connection, request, _ in superseded:
            self._send(connection, self._supersede(request, waiting.step))

    def work(self, training: bool) -> None:
        """A slice of the steps to a requested one, if training leaves time; answers when it is reached."""
        self._waiting = [waiting for waiting in self._waiting if not waiting.connection.closed]
        now = time.monotonic()
        if not self._waiting:
            if now >= self._forget_at:
                self._forget()
        elif not training or now >= self._next:
            self._advance(self._waiting[0].step)
            took = time.monotonic() - now
            self._next = now + took / SHARE
            self._forget_at = now + took + self._free_seconds

    def wait(self, training: bool) -> float:
        """Seconds until there is something to do; infinite where there is nothing."""
        if not self._waiting:
            return max(0.0, self._forget_at - time.monotonic())
        return max(0.0, self._next - time.monotonic()) if training else 0.0

    def _advance(self, step: int) -> None:
        try:
            engine = self._past.advance_to(step, SLICE)
            replies = None if engine is None else self._replies(step, engine)
        except CancelledError:
            return  # what was heard comes first; then the picture is made anew
        except (GroktermError, RuntimeError, MemoryError) as error:
            self._forget()
            reason = (str(error).splitlines() or ["there is no memory left"])[0]
            words = f"the model of step {step:,} cannot be made again: {reason}"
            replies = [(waiting, self._refusal(waiting.request, words)) for waiting in self._at(step)]
        if replies is not None:
            self._waiting = [waiting for waiting in self._waiting if waiting.step != step]
            for waiting, reply in replies:
                self._send(waiting.connection, reply)

    def _replies(self, step: int, engine: Engine) -> list[tuple[PastRequest, Reply]]:
        if self._maker[0] != step:
            # Key frequencies are those of this model alone, whatever was looked at before.
            self._maker = (step, self._new_maker())
        replies: list[tuple[PastRequest, Reply]] = []
        for waiting in self._at(step):
            request = waiting.request
            if isinstance(request, Look):
                made = self._maker[1].make(request, engine, 0)
                replies.append((waiting, Pictures(request.id, self._status(), made)))
            else:
                replies.append((waiting, predict(request, engine)))
        return replies

    def _at(self, step: int) -> list[PastRequest]:
        return [waiting for waiting in self._waiting if waiting.step == step]

    def _supersede(self, request: Look | Predict, step: int) -> Reply:
        if isinstance(request, Look):
            return Pictures(request.id, self._status(), ())
        return self._refusal(request, f"overtaken by a request for step {step:,}")

    def _refusal(self, request: Look | Predict, words: str) -> Answer:
        return Answer(request.id, False, words, self._status().step)

    def _forget(self) -> None:
        self._past.free()
        self._maker = (-1, self._new_maker())
        self._forget_at = math.inf
