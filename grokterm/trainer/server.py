"""The trainer's end of the socket: never waits for a viewer, and bounds what one can make it hold."""

from __future__ import annotations

import selectors
import signal
import socket
import time
from collections.abc import Iterator
from contextlib import suppress
from typing import Final

import msgspec

from grokterm.errors import WireError
from grokterm.wire.messages import Reply, Request, decode_request, encode_message, split_messages

REQUEST_LIMIT: Final = 2**16
"""Bytes of the longest request."""
CONNECTION_LIMIT: Final = 64
"""Viewers at once; for more, those that say nothing make room, and where none does they are turned away."""
SILENT_SECONDS: Final = 5.0
"""Seconds after which a viewer that asks nothing and waits for nothing may have to make room; a screen asks often."""
REQUESTS_A_POLL: Final = 32
"""Requests of one viewer that are carried out before training goes on."""

_BLOCK = 2**16
_ACCEPTED_A_POLL: Final = CONNECTION_LIMIT // 2
"""New connections of a poll: what one sends at once is read before others can take its place."""


class Connection:
    """One viewer: what it sent that is not read yet, and what is still to be sent to it."""

    def __init__(self, stream: socket.socket) -> None:
        self.stream = stream
        self.inbox = bytearray()
        self.outbox = bytearray()
        self.bodies: list[bytes] = []
        self.closed = False
        self.unanswered = 0
        """Requests that the trainer has not answered yet."""
        self.has_asked = False
        """Whether it has ever made a request."""
        self.active_at = time.monotonic()
        """When it came, made its last request or took the last of a reply."""

    def may_be_dropped(self, now: float) -> bool:
        """Whether it may be ended to make room for another."""
        waits = self.unanswered > 0 and not self.outbox
        return not self.has_asked or (not waits and now >= self.active_at + SILENT_SECONDS)


class UnreadableRequest(msgspec.Struct, frozen=True):
    """A message that is no request, by the id it came with, and why."""

    id: int
    words: str = ""


class Server:
    """All viewers of one run."""

    def __init__(self, listener: socket.socket) -> None:
        self.connections: set[Connection] = set()
        self._listener = listener
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        # A signal writes here, so that it ends a wait at once.
        self._wake, self._waker = socket.socketpair()
        self._wake.setblocking(False)
        self._waker.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        self._selector.register(self._wake, selectors.EVENT_READ)

    def poll(self, seconds: float | None) -> Iterator[tuple[Connection, Request | UnreadableRequest]]:
        """Requests that are there, or come within `seconds` (None: however long it takes).

        A connection that sends what is no message, or one without an id to answer to, is ended.
        """
        if any(connection.bodies and not connection.outbox for connection in self.connections):
            seconds = 0
        others = False
        for key, events in self._selector.select(seconds):
            if key.fileobj is self._listener:
                others = True  # after what the present ones have to say
            elif key.fileobj is self._wake:
                with suppress(BlockingIOError):
                    self._wake.recv(_BLOCK)
            elif events & selectors.EVENT_WRITE:
                self._write(key.data)
            else:
                self._read(key.data)
        for connection in list(self.connections):
            yield from self._requests(connection)
        if others:
            self._accept()

    def send(self, connection: Connection, reply: Reply) -> None:
        """Sends as much of a reply as fits into the socket; the rest follows in later polls."""
        if not connection.closed:
            connection.unanswered -= 1
            connection.outbox += encode_message(reply)
            self._write(connection)

    def close(self) -> None:
        """Ends all connections, whatever was still to be sent."""
        for connection in list(self.connections):
            self._drop(connection)
        signal.set_wakeup_fd(-1)
        self._selector.close()
        self._wake.close()
        self._waker.close()

    def _requests(self, connection: Connection) -> Iterator[tuple[Connection, Request | UnreadableRequest]]:
        # A viewer that does not read its replies is not read from, so that no outbox grows without bound.
        for _ in range(REQUESTS_A_POLL):
            if connection.closed or connection.outbox or not connection.bodies:
                return
            body = connection.bodies.pop(0)
            request: Request | UnreadableRequest
            try:
                request = decode_request(body)
            except WireError as error:
                number = _request_id(body)
                if number is None:
                    self._drop(connection)
                    return
                request = UnreadableRequest(number, str(error))
            connection.has_asked, connection.active_at = True, time.monotonic()
            connection.unanswered += 1
            yield connection, request

    def _accept(self) -> None:
        """Takes those who wait; those who may be ended make room, in their order, but none that came just now."""
        silent = iter(self._silent())
        with suppress(OSError):
            for _ in range(_ACCEPTED_A_POLL):
                stream, _ = self._listener.accept()
                if len(self.connections) >= CONNECTION_LIMIT:
                    ended = next(silent, None)
                    if ended is None:
                        stream.close()
                        continue
                    self._drop(ended)
                stream.setblocking(False)
                connection = Connection(stream)
                self.connections.add(connection)
                self._selector.register(stream, selectors.EVENT_READ, connection)

    def _silent(self) -> list[Connection]:
        """Connections that may be ended: those that never asked first, then the longest silent."""
        now = time.monotonic()
        silent = [connection for connection in self.connections if connection.may_be_dropped(now)]
        return sorted(silent, key=lambda connection: (connection.has_asked, connection.active_at))

    def _read(self, connection: Connection) -> None:
        try:
            block = connection.stream.recv(_BLOCK)
            if not block:
                self._drop(connection)
                return
            connection.inbox += block
            connection.bodies += split_messages(connection.inbox, REQUEST_LIMIT)
        except BlockingIOError:
            return
        except (OSError, WireError):
            self._drop(connection)

    def _write(self, connection: Connection) -> None:
        try:
            sent = connection.stream.send(connection.outbox)
            del connection.outbox[:sent]
            if not connection.outbox:
                connection.active_at = time.monotonic()
        except BlockingIOError:
            pass
        except OSError:
            self._drop(connection)
            return
        self._listen_to(connection)

    def _listen_to(self, connection: Connection) -> None:
        """Waits for room while there is something to send, for requests otherwise."""
        events = selectors.EVENT_WRITE if connection.outbox else selectors.EVENT_READ
        if self._selector.get_key(connection.stream).events != events:
            self._selector.modify(connection.stream, events, connection)

    def _drop(self, connection: Connection) -> None:
        if connection.closed:
            return
        connection.closed = True
        self.connections.discard(connection)
        self._selector.unregister(connection.stream)
        connection.stream.close()


def _request_id(body: bytes) -> int | None:
    """The id of a message that is no request, if it has one."""
    try:
        return msgspec.msgpack.decode(body, type=UnreadableRequest).id
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
