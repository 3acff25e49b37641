"""Hostile peers at a trainer's socket: whatever they send, training goes on and a viewer is served."""

from __future__ import annotations

import itertools
import random as randoms
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Final

from grokterm.errors import GroktermError
from grokterm.runs.process import exit_status
from grokterm.trainer.server import CONNECTION_LIMIT, REQUEST_LIMIT
from grokterm.wire.client import ask_once
from grokterm.wire.messages import Change, Go, Look, Pictures, Predict, Request, encode_message
from tests.trainer.running import TINY, Running
from tests.wanted import wanted

SERVED: Final = 20.0
"""Seconds in which a viewer that comes is answered, on a machine that does much else."""
KEPT: Final = 4 * CONNECTION_LIMIT
"""Connections that the peers hold open at once."""
_ROUNDS: Final = 5
"""Rounds of peers at least."""
_ROUND: Final = 40
"""Peers between two looks at the trainer."""


def attack(random: randoms.Random, deadline: float) -> Iterator[str]:
    """Attacks a trainer until `deadline` of the monotonic clock; yields what went wrong after each round of peers."""
    with tempfile.TemporaryDirectory(prefix="grokterm-attack-") as home:
        run = Running(Path(home), TINY.changed({"log_every": 1000}))
        run.start()
        peers = Peers(random, run.socket)
        try:
            yield from list(_faults(run, "nobody")) or [""]
            for _ in _rounds(deadline):
                for _ in range(_ROUND):
                    peers.come()
                yield from list(_faults(run, str(peers))) or [""]
        finally:
            peers.leave()
            run.clean_up()


def _rounds(deadline: float) -> Iterator[int]:
    """Numbers until the deadline, some at least: a trainer may take long to start."""
    return itertools.takewhile(lambda number: number < _ROUNDS or time.monotonic() < deadline, itertools.count())


class Peers:
    """Those who attack one socket, and the connections that they hold."""

    def __init__(self, random: randoms.Random, path: Path) -> None:
        self._random = random
        self._path = path
        self._held: list[socket.socket] = []
        self._came: list[str] = []
        self._kinds: tuple[Callable[[socket.socket], None], ...] = (
            *(self.garbage, self.torn_frame, self.huge_length, self.nothing, self.closes_within_a_message),
            *(self.never_reads, self.mutant, self.drips, self.many_at_once, self.resets),
        )

    def __str__(self) -> str:
        """Who came last, in order."""
        return ", ".join(self._came[-_ROUND:])

    def come(self) -> None:
        """One more peer, of any kind; it stays connected or not, as it likes."""
        kind = self._random.choice(self._kinds)
        self._came.append(kind.__name__)
        stream = socket.socket(socket.AF_UNIX)
        stream.settimeout(SERVED)
        with suppress(OSError):  # turned away, or not listened to
            stream.connect(str(self._path))
            stream.setblocking(False)
            kind(stream)
        if self._random.random() < 0.7:
            self._held.append(stream)
        else:
            stream.close()
        while len(self._held) > KEPT:
            self._held.pop(self._random.randrange(len(self._held))).close()

    def leave(self) -> None:
        """Ends all connections."""
        for stream in self._held:
            stream.close()

    def garbage(self, stream: socket.socket) -> None:
        """Bytes of no meaning, or of another protocol's."""
        some = self._random.randbytes(self._random.choice((1, 3, 4, 5, 64, 5000)))
        stream.send(self._random.choice((some, b"GET / HTTP/1.1\r\n\r\n", b"\x00" * 64, b"\xff" * 64)))

    def torn_frame(self, stream: socket.socket) -> None:
        """The beginning of a message."""
        whole = encode_message(self._request())
        stream.send(whole[: self._random.randrange(1, len(whole))])

    def huge_length(self, stream: socket.socket) -> None:
        """A message that is said to be longer than any may be, or nearly as long."""
        length = self._random.choice((REQUEST_LIMIT, REQUEST_LIMIT + 1, 2**31, 2**32 - 1))
        stream.send(length.to_bytes(4, "big") + b"\x91" * self._random.randrange(2000))

    def nothing(self, stream: socket.socket) -> None:
        """A connection, and no word."""

    def closes_within_a_message(self, stream: socket.socket) -> None:
        """Some requests, half a one, and the end."""
        whole = b"".join(encode_message(self._request()) for _ in range(self._random.randrange(1, 20)))
        stream.send(whole[: self._random.randrange(len(whole))])
        stream.close()

    def never_reads(self, stream: socket.socket) -> None:
        """As many requests as are taken, and no reply read."""
        requests = b"".join(encode_message(self._request()) for _ in range(200))
        for _ in range(20):
            stream.send(requests)

    def mutant(self, stream: socket.socket) -> None:
        """A request with wrong bytes, its length right."""
        body = bytearray(encode_message(self._request())[4:])
        for _ in range(self._random.randrange(1, 4)):
            body[self._random.randrange(len(body))] = self._random.randrange(256)
        stream.send(len(body).to_bytes(4, "big") + body)

    def drips(self, stream: socket.socket) -> None:
        """A request, byte by byte."""
        for number in encode_message(self._request()):
            stream.send(bytes((number,)))

    def many_at_once(self, stream: socket.socket) -> None:
        """A crowd of connections that say nothing, beside this one."""
        for _ in range(self._random.randrange(CONNECTION_LIMIT)):
            other = socket.socket(socket.AF_UNIX)
            self._held.append(other)
            other.setblocking(False)
            other.connect(str(self._path))

    def resets(self, stream: socket.socket) -> None:
        """Requests whose replies find nobody who reads them."""
        stream.send(encode_message(self._request()) * 10)
        stream.shutdown(socket.SHUT_RD)

    def _request(self) -> Request:
        """A request that does no harm to the run, and one that is refused now and then."""
        number = self._random.choice((0, 1, 2**31, 2**63 - 1))
        at = self._random.choice((None, None, 0, 5, -1, 10**12))
        made: tuple[Request, ...] = (
            Look(number, self._random.choice(((), wanted("table"), wanted("task", "table", "spectrum"))), at=at),
            Look(number, wanted(self._random.choice(("embedding", "logits", "nowhere", ""))), at=at),
            Predict(number, self._random.randrange(-2, 9), 3, at=at),
            Change(number, {"p": "many"}),
            Change(number, {"nothing": 1}, by="x" * 1000),
            Go(number, steps=0),
        )
        return self._random.choice(made)


def _faults(run: Running, came: str) -> Iterator[str]:
    """What is wrong with the trainer now."""
    steps = _steps_told(run)
    if len(steps) < 2:
        told = f"step {min(steps):,} and no further one" if steps else "nothing"
        yield f"viewers were told {told} in {SERVED:g} s, after {came}"
    if (status := exit_status(run.folder)) is not None:
        yield f"the trainer ended with status {status}, after {came}"
        run.start()
    if said := run.folder.trainer_log_path.read_text():
        yield f"the trainer printed {said!r}, after {came}"
        run.folder.trainer_log_path.write_text("")


def _steps_told(run: Running) -> set[int]:
    """Steps that viewers are told who come now, and again where they are turned away: two as soon as there are two."""
    end, steps = time.monotonic() + SERVED, set[int]()
    while len(steps) < 2 and time.monotonic() < end and exit_status(run.folder) is None:
        with suppress(GroktermError):
            view = ask_once(run.socket, Look(0), SERVED)
            assert isinstance(view, Pictures)
            steps.add(view.status.step)
            if view.status.state != "training":
                ask_once(run.socket, Go(0), SERVED)  # a mutant may be a request to pause, or to go a few steps
    return steps
