"""Who keeps a place at a trainer's socket, and who makes room."""

from __future__ import annotations

import math
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from grokterm.trainer.server import CONNECTION_LIMIT, SILENT_SECONDS, Connection, Server
from grokterm.wire.messages import Answer, Look, encode_message


class Crowd:
    """A server, and all who ever called it."""

    def __init__(self, path: Path) -> None:
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.listener.setblocking(False)
        self.server = Server(self.listener)
        self.path = path
        self.callers: list[socket.socket] = []

    def call(self) -> socket.socket:
        """A new caller, whom the server has taken or turned away."""
        self.callers.append(socket.socket(socket.AF_UNIX))
        self.callers[-1].connect(str(self.path))
        assert list(self.server.poll(0)) == []
        return self.callers[-1]

    def ask(self, caller: socket.socket, answered: bool = True) -> Connection:
        """A request of a caller, and its answer; the server's end of it."""
        caller.sendall(encode_message(Look(3)))
        ((connection, request),) = self.server.poll(0)
        if answered:
            self.server.send(connection, Answer(request.id, True, "", 0))
        return connection

    def kept(self, caller: socket.socket) -> bool:
        """Whether a caller is still connected; reads what it was sent."""
        caller.setblocking(False)
        try:
            while caller.recv(2**20):
                pass
        except BlockingIOError:
            return True
        return False

    def close(self) -> None:
        self.server.close()
        for one in (self.listener, *self.callers):
            one.close()


@pytest.fixture
def crowd(tmp_path: Path) -> Iterator[Crowd]:
    made = Crowd(tmp_path / "socket")
    yield made
    made.close()


def test_those_who_never_asked_make_room_in_the_order_they_came(crowd: Crowd) -> None:
    first = crowd.call()
    crowd.ask(first)
    silent = [crowd.call() for _ in range(CONNECTION_LIMIT - 1)]
    for number in range(10):
        assert crowd.kept(crowd.call())
        assert [crowd.kept(one) for one in silent[: number + 2]] == [False] * (number + 1) + [True]
    assert crowd.kept(first)
    assert len(crowd.server.connections) == CONNECTION_LIMIT


def test_those_who_asked_make_room_after_a_silence_and_not_while_they_wait(crowd: Crowd) -> None:
    callers = [crowd.call() for _ in range(CONNECTION_LIMIT)]
    ends = [crowd.ask(caller, answered=number > 0) for number, caller in enumerate(callers)]
    for end in ends:
        end.active_at = math.inf
    assert not crowd.kept(crowd.call())
    # The first waits for an answer that takes long, the second has been silent for longer than the third.
    for number, end in enumerate(ends[:3]):
        end.active_at = -SILENT_SECONDS - 10 + number
    assert crowd.kept(crowd.call())
    assert [crowd.kept(one) for one in callers[:4]] == [True, False, True, True]
    crowd.ask(crowd.callers[-1])
    assert crowd.kept(crowd.call())
    assert [crowd.kept(one) for one in callers[:4]] == [True, False, False, True]
    # Who does not take what it waited for is no longer waited for.
    crowd.ask(crowd.callers[-1])
    for end in crowd.server.connections:
        end.active_at = math.inf
    crowd.server.send(ends[0], Answer(3, True, "x" * 2**20, 0))
    assert ends[0].outbox
    ends[0].active_at = -SILENT_SECONDS
    assert crowd.kept(crowd.call())
    assert ends[0].closed


def test_a_flood_of_callers_ends_none_that_came_with_it(crowd: Crowd) -> None:
    for _ in range(CONNECTION_LIMIT):
        crowd.call()
    flood = [socket.socket(socket.AF_UNIX) for _ in range(CONNECTION_LIMIT)]
    crowd.callers += flood
    for caller in flood:
        caller.connect(str(crowd.path))
    flood[0].sendall(encode_message(Look(3)))
    heard = [request for _ in range(4) for _, request in crowd.server.poll(0)]
    assert heard == [Look(3)]
    assert crowd.kept(flood[0])
