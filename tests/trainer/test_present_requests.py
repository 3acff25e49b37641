"""Pictures give way: what viewers ask for while one is made comes first, and the picture still comes."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from grokterm.analysis.cancellation import CancelledError, cancellable
from grokterm.picture import PictureRequest
from grokterm.trainer.opening import open_run
from grokterm.trainer.pictures import PictureMaker
from grokterm.trainer.present_requests import PresentRequests
from grokterm.trainer.server import Server, UnreadableRequest
from grokterm.training.checkpoint_series import CheckpointSeries
from grokterm.wire.messages import (
    Go,
    Look,
    Pause,
    Pictures,
    Reply,
    Request,
    Status,
    decode_reply,
    encode_message,
    split_messages,
)
from tests.trainer.running import TINY, Running
from tests.wanted import wanted

NewRun = Callable[..., Running]
PICTURE = PictureRequest("neuron_spectrum")
MANY = TINY.changed({"p": 97, "width": 1024})
"""A model whose neurons are looked at in several parts."""


@dataclass
class Viewer:
    """One end of a connection to the trainer."""

    stream: socket.socket
    buffer: bytearray = field(default_factory=bytearray)

    def send(self, request: Request) -> None:
        self.stream.sendall(encode_message(request))

    def replies(self) -> list[Reply]:
        """What has come by now."""
        self.stream.setblocking(False)
        try:
            while block := self.stream.recv(2**16):
                self.buffer += block
        except BlockingIOError:
            pass
        return [decode_reply(body) for body in split_messages(self.buffer)]


class Room:
    """The trainer's end without the trainer: a server, a model, and viewers, in one thread."""

    def __init__(self, run: Running, listener: socket.socket) -> None:
        self.listener = listener
        self.server = Server(listener)
        self.session = open_run(run.folder).session
        self.session.begin()
        self.leaves = False
        status = Status(0, "paused", 0.0, 0.0, "max", "cpu", "float32")
        maker = PictureMaker(CheckpointSeries(run.folder))
        self.showing = PresentRequests(self.server, self.session, maker, lambda: status, lambda: self.leaves)
        self.parts = 0

    def viewer(self) -> Viewer:
        stream = socket.socket(socket.AF_UNIX)
        stream.connect(self.listener.getsockname())
        return Viewer(stream)

    def hears(self) -> list[Request]:
        """A pass of the trainer's loop up to the frames: looks are taken, all else is given."""
        others: list[Request] = []
        # One poll lets viewers in, and the next one reads.
        for connection, request in [*self.showing.requests(0.0), *self.showing.requests(0.0)]:
            if isinstance(request, Look) and request.at is None:
                self.showing.add(connection, request)
            else:
                assert not isinstance(request, UnreadableRequest)
                others.append(request)
        return others

    def shows(self, at_part: int = 0, then: Callable[[], None] = lambda: None) -> int:
        """Makes what is due, with something that happens at a part of it; gives the parts that were begun."""
        self.parts = 0

        def check() -> None:
            self.parts += 1
            if self.parts == at_part:
                then()
            self.showing.poll()

        with cancellable(check):
            self.showing.answer_due(busy=False)
        return self.parts


@pytest.fixture
def room(new_run: NewRun, tmp_path: Path) -> Iterator[Room]:
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(tmp_path / "s"))
    listener.listen()
    listener.setblocking(False)
    made = Room(new_run(MANY), listener)
    yield made
    made.server.close()
    listener.close()


def test_a_command_does_not_wait_for_a_picture(room: Room) -> None:
    viewer, other = room.viewer(), room.viewer()
    viewer.send(Look(1, (PICTURE,)))
    assert room.hears() == []
    assert room.shows(2, lambda: other.send(Pause(2))) == 2
    assert viewer.replies() == []
    assert room.showing.wait() == 0
    assert room.hears() == [Pause(2)]
    assert room.shows() > 3
    [reply] = viewer.replies()
    assert isinstance(reply, Pictures)
    assert (reply.id, len(reply.pictures)) == (1, 1)


def test_other_looks_do_not_end_a_picture(room: Room) -> None:
    """Those that cost nothing are answered at once; of the others the newest waits for its turn."""
    viewer, other = room.viewer(), room.viewer()
    viewer.send(Look(1, (PICTURE,)))
    assert room.hears() == []
    past = Look(5, (PICTURE,), at=0)

    def look() -> None:
        for number, name in enumerate(("task", "table", "spectrum"), start=2):
            other.send(Look(number, wanted(name)))
        viewer.send(past)

    assert room.shows(1, look) > 3
    assert [reply.id for reply in viewer.replies()] == [1]
    assert [(reply.id, len(reply.pictures)) for reply in other.replies() if isinstance(reply, Pictures)] == [
        (2, 1),
        (3, 0),
    ]
    assert room.hears() == [past]
    room.shows()
    assert [reply.id for reply in other.replies()] == [4]


def test_a_newer_look_takes_the_place_of_one_that_gave_way(room: Room) -> None:
    viewer, other = room.viewer(), room.viewer()
    viewer.send(Look(1, (PICTURE,)))
    assert room.hears() == []

    def both() -> None:
        viewer.send(Look(2, wanted("spectrum")))
        other.send(Go(3))

    room.shows(2, both)
    [reply] = viewer.replies()
    assert isinstance(reply, Pictures)
    assert (reply.id, reply.pictures) == (1, ())
    assert room.hears() == [Go(3)]
    room.shows()
    assert [(reply.id, len(reply.pictures)) for reply in viewer.replies() if isinstance(reply, Pictures)] == [(2, 1)]


def test_a_picture_of_the_past_also_gives_way_to_another_step(room: Room) -> None:
    viewer = room.viewer()
    room.hears()
    viewer.send(Look(1, (PICTURE,), at=0))
    room.showing.poll()
    assert room.showing.wait() == 0
    with pytest.raises(CancelledError):
        room.showing.poll(of_past=True)
    assert room.hears() == [Look(1, (PICTURE,), at=0)]
    room.showing.poll(of_past=True)


def test_a_trainer_that_is_to_end_finishes_no_picture(room: Room) -> None:
    viewer = room.viewer()
    viewer.send(Look(1, (PICTURE,)))
    assert room.hears() == []

    def leave() -> None:
        room.leaves = True

    assert room.shows(2, leave) == 2
    assert viewer.replies() == []
