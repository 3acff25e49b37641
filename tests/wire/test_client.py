"""The client against a peer that answers late, out of order, wrongly or not at all."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from socket import AF_UNIX, socket

import pytest

from grokterm.errors import TrainerError
from grokterm.wire.client import Client, ask_once, carried_out
from grokterm.wire.messages import Answer, Look, Pause, Request, Stop, decode_request, encode_message, split_messages

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def connected(path: Path, peer: Peer) -> AsyncIterator[Client]:
    async with await asyncio.start_unix_server(peer, path):
        client = await Client.connect(path)
        yield client
        await client.close()


async def requests(reader: asyncio.StreamReader, count: int) -> list[Request]:
    buffer, bodies = bytearray(), list[bytes]()
    while len(bodies) < count:
        buffer += await reader.read(1000)
        bodies += split_messages(buffer)
    return [decode_request(body) for body in bodies]


async def test_each_request_gets_its_own_reply(tmp_path: Path) -> None:
    async def backwards(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for request in reversed(await requests(reader, 3)):
            writer.write(encode_message(Answer(99, True, "to nobody", 0)))
            for byte in encode_message(Answer(request.id, True, type(request).__name__, request.id)):
                writer.write(bytes([byte]))
                await writer.drain()
        writer.close()

    async with connected(tmp_path / "socket", backwards) as client:
        answers = await asyncio.gather(client.ask(Pause(7)), client.ask(Stop(7)), client.ask(Pause(7)))
    assert [carried_out(answer).words for answer in answers] == ["Pause", "Stop", "Pause"]
    assert [answer.id for answer in answers] == [1, 2, 3]


async def test_a_connection_that_ends_leaves_nobody_waiting(tmp_path: Path) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await requests(reader, 2)
        writer.close()

    async with connected(tmp_path / "socket", hang_up) as client:
        for failed in await asyncio.gather(client.ask(Pause(0)), client.ask(Pause(0)), return_exceptions=True):
            assert isinstance(failed, TrainerError)
        assert client.closed
        with pytest.raises(TrainerError, match="gone"):
            await client.ask(Pause(0))


@pytest.mark.parametrize("sent", [b"\xff" * 100, (3).to_bytes(4, "big") + b"\xc1\xc1\xc1"])
async def test_a_peer_that_is_no_trainer(tmp_path: Path, sent: bytes) -> None:
    async def babble(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(sent)
        await reader.read()
        writer.close()

    async with connected(tmp_path / "socket", babble) as client:
        with pytest.raises(TrainerError):
            await client.ask(Look(0))
        assert client.closed


async def test_closing_ends_what_waits(tmp_path: Path) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with connected(tmp_path / "socket", silent) as client:
        waiting = asyncio.create_task(client.ask(Look(0)))
        cancelled = asyncio.create_task(client.ask(Look(0)))
        await asyncio.sleep(0)
        cancelled.cancel()
        await client.close()
        with pytest.raises(TrainerError, match="closed"):
            await waiting
        await client.close()


async def test_nobody_listens(tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path / ("long" * 50)):
        with pytest.raises(TrainerError, match="does not answer"):
            await Client.connect(path)
        with pytest.raises(TrainerError, match="does not answer"):
            ask_once(path, Pause(0))


def test_one_question_without_asyncio(tmp_path: Path) -> None:
    with socket(AF_UNIX) as listener:
        listener.bind(str(tmp_path / "socket"))
        listener.listen()

        def serve() -> None:
            for reply in (encode_message(Answer(1, False, "not now", 3)), b"", b"\xff" * 8):
                peer, _ = listener.accept()
                with peer:
                    peer.recv(1000)
                    peer.sendall(reply)

        server = threading.Thread(target=serve)
        server.start()
        refused = ask_once(tmp_path / "socket", Pause(0))
        with pytest.raises(TrainerError, match="not now"):
            carried_out(refused)
        for words in ("gone", "cannot be understood"):
            with pytest.raises(TrainerError, match=words):
                ask_once(tmp_path / "socket", Pause(0))
        server.join()
        with pytest.raises(TrainerError, match="timed out"):
            ask_once(tmp_path / "socket", Pause(0), seconds=0.05)
