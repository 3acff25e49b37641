"""What viewers and strangers may do to a trainer, and what it finds where another one died."""

from __future__ import annotations

import asyncio
import os
import socket
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from grokterm.errors import TrainerError
from grokterm.runs.checkpoints import list_checkpoints
from grokterm.runs.presence import identity
from grokterm.runs.process import TrainerProcess, recorded_trainer, start_time, trainer_alive, trainer_of
from grokterm.trainer.server import REQUEST_LIMIT
from grokterm.wire.client import Client, ask_once
from grokterm.wire.messages import Answer, Look, Pictures, Predict, Reply, decode_reply, encode_message, split_messages
from tests.nursery import start_afresh
from tests.patience import PATIENCE
from tests.trainer.running import TINY, Running, change, wait_for
from tests.wanted import wanted

NewRun = Callable[..., Running]


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A trainer of some steps a second, for all tests that must not disturb it."""
    run = Running(tmp_path_factory.mktemp("home"), TINY.changed({"log_every": 1000, "pace": 40.0})).start()
    run.reaches(1)
    yield run
    run.clean_up()


def call(run: Running) -> socket.socket:
    stream = socket.socket(socket.AF_UNIX)
    stream.connect(str(run.socket))
    stream.settimeout(20)
    return stream


def trains_on(run: Running) -> None:
    run.reaches(run.status().step + 20)
    assert run.folder.trainer_log_path.read_text() == ""


def framed(body: bytes) -> bytes:
    return len(body).to_bytes(4, "big") + body


@pytest.mark.parametrize(
    "sent",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        framed(b"\xc1\xc1\xc1"),
        framed(b""),
        framed(msgspec.msgpack.encode({"type": "look"})),
        framed(msgspec.msgpack.encode([1, 2, 3])),
        (100 * 2**20).to_bytes(4, "big") + b"x" * 1000,
        (REQUEST_LIMIT + 1).to_bytes(4, "big"),
        framed(b"\x91" * 60_000),
    ],
    ids=["http", "invalid", "empty", "no id", "list", "100 MB", "too long", "nested"],
)
def test_garbage_ends_the_connection_alone(busy: Running, sent: bytes) -> None:
    with call(busy) as stream:
        stream.sendall(sent)
        assert stream.recv(1000) == b""
    trains_on(busy)


@pytest.mark.parametrize(
    "message",
    [
        {"type": "fork", "id": 7, "at": 100},
        {"type": "change", "id": 7, "values": {"lr": [1, 2]}},
        {"type": "predict", "id": 7, "a": "one", "b": 2},
        {"type": "look", "id": 7, "pictures": ["everything"]},
        {"id": 7},
    ],
)
def test_what_is_no_request_is_refused_with_a_reason(busy: Running, message: dict[str, object]) -> None:
    with call(busy) as stream:
        stream.sendall(framed(msgspec.msgpack.encode(message)))
        stream.sendall(encode_message(Look(8)))
        buffer, replies = bytearray(), list[Reply]()
        while len(replies) < 2:
            buffer += stream.recv(2**16)
            replies += [decode_reply(body) for body in split_messages(buffer)]
    refused, view = replies
    assert isinstance(refused, Answer)
    assert (refused.id, refused.ok) == (7, False)
    assert refused.words
    assert isinstance(view, Pictures)


def test_half_a_message_is_waited_for_without_harm(busy: Running) -> None:
    whole = encode_message(Predict(3, 1, 2))
    with call(busy) as stream:
        stream.sendall(whole[:5])
        trains_on(busy)
        stream.sendall(whole[5:])
        assert stream.recv(1000)[4:] != b""


def test_viewers_that_never_read_slow_nothing_down(busy: Running) -> None:
    """Each asks for thousands of pictures and takes none of them."""
    before = busy.memory()
    silent = [call(busy) for _ in range(20)]
    requests = 200 * encode_message(Look(1, wanted("task", "table", "spectrum")))
    for stream in silent:
        stream.setblocking(False)

    left = dict.fromkeys(silent, requests)

    def say_more(stream: socket.socket) -> int:
        try:
            sent = stream.send(left[stream])
        except BlockingIOError:
            return 0
        left[stream] = left[stream][sent:] or requests  # a message that was sent in part is sent to its end
        return sent

    wait_for(lambda: sum(say_more(stream) for stream in silent) == 0, "viewers whose requests are not taken any more")
    trains_on(busy)
    assert busy.memory() < before + 50 * 2**20
    for stream in silent:
        stream.close()
    trains_on(busy)


def test_more_viewers_than_there_is_room_for_are_turned_away(busy: Running) -> None:
    viewers = [call(busy) for _ in range(70)]
    assert wait_for(lambda: [stream for stream in viewers if _is_closed(stream)])
    for stream in viewers:
        stream.close()
    trains_on(busy)


@pytest.mark.parametrize("sent", [b"", encode_message(Look(1, wanted("task", "table")))], ids=["silent", "asked once"])
def test_those_who_never_read_make_room_for_a_viewer(busy: Running, sent: bytes) -> None:
    """Two hundred of them, between a viewer that was there before and one that comes after."""
    with call(busy) as before:
        look(before)
        crowd: list[socket.socket] = []
        for _ in range(10):
            for _ in range(20):
                crowd.append(call(busy))
                with suppress(OSError):  # turned away
                    crowd[-1].sendall(sent)
            look(before)
        wait_for(lambda: served(busy), "room for a viewer")
        look(before)
    for stream in crowd:
        stream.close()
    trains_on(busy)


def look(stream: socket.socket) -> None:
    """Asks for the status and reads the answer."""
    stream.sendall(encode_message(Look(5)))
    buffer, bodies = bytearray(), list[bytes]()
    while not bodies:
        block = stream.recv(2**16)
        assert block, "this viewer was turned away"
        buffer += block
        bodies = split_messages(buffer)
    assert isinstance(decode_reply(bodies[0]), Pictures)


def served(run: Running) -> bool:
    """Whether a viewer that comes now is answered."""
    try:
        return isinstance(ask_once(run.socket, Look(0), 20.0), Pictures)
    except TrainerError:
        return False


def _is_closed(stream: socket.socket) -> bool:
    stream.setblocking(False)
    try:
        return stream.recv(1) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


async def test_two_viewers_change_one_run(busy: Running) -> None:
    first, second = await Client.connect(busy.socket), await Client.connect(busy.socket)
    answers = await asyncio.gather(
        *(viewer.ask(change(name, beta1=value)) for viewer, name, value in ((first, "a", 0.7), (second, "b", 0.8)))
    )
    assert all(isinstance(answer, Answer) and answer.ok for answer in answers)
    views = await asyncio.gather(*(viewer.ask(Look(0, wanted("table"))) for viewer in (first, second, first, second)))
    assert all(isinstance(view, Pictures) for view in views)
    assert sorted(logged.by for logged in busy.history().changes[-2:]) == ["a", "b"]
    await first.close()
    await second.close()


def test_a_second_trainer_refuses_and_leaves_the_first_alone(busy: Running) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "grokterm.trainer", str(busy.folder.path)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "has a trainer already" in done.stderr
    assert trainer_of(busy.folder) is not None
    trains_on(busy)


def test_what_a_dead_trainer_left_is_taken_over(new_run: NewRun) -> None:
    run = new_run().start()
    run.reaches(20)
    socket = run.socket  # elsewhere where the path of temporary files is long
    run.kill()
    assert socket.exists()
    assert not trainer_alive(run.folder)
    part = run.folder.checkpoint_folder / "000000000020-000-regular.part"
    part.write_bytes(b"half")
    # The pid is in use again, by a process that started at another time: this one.
    started = start_time(os.getpid())
    assert started is not None
    folder = identity(run.folder.path.stat())
    lie = TrainerProcess(os.getpid(), started - 1000, str(socket), folder, True)
    run.folder.trainer_path.write_bytes(msgspec.json.encode(lie))
    assert not trainer_alive(run.folder)
    run.start()
    run.reaches(50)
    assert not part.exists()
    recorded = recorded_trainer(run.folder)
    assert recorded is not None
    assert recorded.pid == run.pid


def test_a_path_that_is_too_long_for_a_socket(folders: Path) -> None:
    run = Running(folders / ("deep" * 40)).start()
    try:
        run.reaches(10)
        assert len(os.fsencode(run.socket)) < 100
        assert stat.S_IMODE(run.socket.parent.stat().st_mode) == 0o700
        private = run.socket.parent
        run.kill()
        assert private.exists()
        run.start()
        assert not private.exists()
        private = run.socket.parent
        run.terminate()
        assert not private.exists()
    finally:
        run.clean_up()


def test_a_folder_that_is_no_run(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "grokterm.trainer", str(tmp_path)], capture_output=True, text=True, timeout=PATIENCE
    )
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "no config.toml" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_sigterm_while_torch_loads_ends_in_order(new_run: NewRun) -> None:
    run = new_run()
    run.pid = start_afresh(run.folder)
    wait_for(lambda: run.folder.trainer_path.exists())
    run.terminate()
    assert list_checkpoints(run.folder.checkpoint_folder) == [] or run.sessions()[-1] == "stopped"
    assert not run.folder.trainer_path.exists()
