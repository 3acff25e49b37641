"""Requests for pictures of the present model: made one after the other, and cancelled by other requests."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from grokterm.analysis.cancellation import CancelledError
from grokterm.analysis.model_at_step import ModelAtStep
from grokterm.errors import ConfigError
from grokterm.trainer.pictures import PendingLooks, PictureMaker
from grokterm.trainer.server import Connection, Server, UnreadableRequest
from grokterm.trainer.session import TrainingSession
from grokterm.wire.messages import Answer, Look, Pictures, Reply, Request, Status

Heard = tuple[Connection, Request | UnreadableRequest]
"""A request and who sent it."""


class PresentRequests:
    """Answers requests for the present model, and queues what arrives meanwhile."""

    def __init__(
        self,
        server: Server,
        session: TrainingSession,
        maker: PictureMaker,
        status: Callable[[], Status],
        stop_requested: Callable[[], bool],
    ) -> None:
        self._server = server
        self._session = session
        self._maker = maker
        self._status = status
        self._stop_requested = stop_requested
        self._pending = PendingLooks()
        self._heard: list[Heard] = []

    def requests(self, seconds: float | None) -> Iterator[Heard]:
        """Requests that arrived while a picture was made, or else those that arrive within `seconds`."""
        heard, self._heard = self._heard, []
        yield from heard
        yield from self._server.poll(0.0 if heard else seconds)

    def poll(self, of_past: bool = False) -> None:
        """Polls viewers between two parts of a picture; raises CancelledError for any request but a look.

        A picture `of_past` also ends where one wants to see another step.
        """
        for connection, request in self._server.poll(0.0):
            if isinstance(request, Look) and request.at is None:
                self.add(connection, request)
            else:
                self._heard.append((connection, request))
        if self._stop_requested() or any(of_past or not isinstance(request, Look) for _, request in self._heard):
            raise CancelledError

    def add(self, connection: Connection, look: Look) -> None:
        """Adds a request for pictures of the present model; one that costs nothing is answered at once."""
        if PendingLooks.is_cheap(look):
            self._answer(connection, look)
            return
        older = self._pending.add(connection, look)
        if older is not None:
            self._supersede(connection, older)

    def answer_due(self, busy: bool) -> None:
        """Answers those who wait for pictures, if some may be made now; `busy` while training wants the time."""
        due = self._pending.due(busy)
        if not due:
            return
        began = time.monotonic()
        try:
            while due:
                self._answer(*due[0])
                del due[0]
        except CancelledError:
            for connection, look in due:
                if not self._pending.put_back(connection, look):
                    self._supersede(connection, look)
        self._pending.spent(time.monotonic() - began)

    def wait(self) -> float:
        """Seconds until there is something to do; infinite where there is nothing."""
        return 0.0 if self._heard else self._pending.wait()

    def model_at_step(self) -> ModelAtStep:
        """The model of now."""
        return self._maker.model_at_step(self._session.engine, self._session.run_log.changes)

    def _answer(self, connection: Connection, look: Look) -> None:
        session = self._session
        reply: Reply
        try:
            made = self._maker.make(look, session.engine, session.run_log.changes)
            reply = Pictures(look.id, self._status(), made)
        except ConfigError as refusal:
            reply = Answer(look.id, False, str(refusal), session.step)
        self._server.send(connection, reply)

    def _supersede(self, connection: Connection, look: Look) -> None:
        """Answers a request that a newer one of the same viewer supersedes."""
        self._server.send(connection, Pictures(look.id, self._status(), ()))
