"""The viewer's end of a run's socket."""

from __future__ import annotations

import asyncio
import socket as sockets
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import msgspec

from grokterm.errors import TrainerError, WireError
from grokterm.wire.messages import Answer, Reply, Request, decode_reply, encode_message, split_messages

_BLOCK = 2**18
_GONE = "the connection to the trainer is gone"

RequestType = TypeVar("RequestType", bound=Request)


class Client:
    """One connection to a trainer; any number of requests may wait for their replies at once."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.closed = False
        """Whether the connection is gone, from either side."""
        self._reader = reader
        self._writer = writer
        self._last_id = 0
        self._waiting: dict[int, asyncio.Future[Reply]] = {}
        self._listener = asyncio.create_task(self._listen())

    @classmethod
    async def connect(cls, socket: Path) -> Client:
        """A connection to the trainer that listens on `socket`; raises TrainerError."""
        try:
            reader, writer = await asyncio.open_unix_connection(socket, limit=_BLOCK)
        except (OSError, ValueError) as error:
            raise TrainerError(f"the trainer does not answer on {socket}: {_reason(error)}") from None
        return cls(reader, writer)

    async def ask(self, request: Request) -> Reply:
        """The trainer's reply to a request, whose id is set here; raises TrainerError when the connection is gone."""
        if self.closed:
            raise TrainerError(_GONE)
        self._last_id += 1
        request = _numbered(request, self._last_id)
        reply: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._waiting[request.id] = reply
        try:
            self._writer.write(encode_message(request))
            await self._writer.drain()
            return await reply
        except OSError as error:
            raise TrainerError(f"{_GONE}: {_reason(error)}") from None
        finally:
            self._waiting.pop(request.id, None)
            if reply.done() and not reply.cancelled():
                reply.exception()  # marks it as seen where writing failed first

    async def close(self) -> None:
        """Ends the connection; whoever still waits gets a TrainerError."""
        self._listener.cancel()
        with suppress(asyncio.CancelledError):
            await self._listener
        self._end(TrainerError("the connection to the trainer was closed"))
        with suppress(OSError):
            await self._writer.wait_closed()

    async def _listen(self) -> None:
        buffer = bytearray()
        problem = TrainerError(_GONE)
        try:
            while block := await self._reader.read(_BLOCK):
                buffer += block
                for body in split_messages(buffer):
                    self._deliver(decode_reply(body))
        except OSError as error:
            problem = TrainerError(f"{_GONE}: {_reason(error)}")
        except WireError as error:
            problem = TrainerError(f"the trainer cannot be understood: {error}")
        self._end(problem)

    def _deliver(self, reply: Reply) -> None:
        waiting = self._waiting.get(reply.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(reply)

    def _end(self, problem: TrainerError) -> None:
        self.closed = True
        self._writer.close()
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(problem)


def ask_once(socket: Path, request: Request, seconds: float = 10.0) -> Reply:
    """The trainer's reply to one request, on a connection of its own, without asyncio; raises TrainerError."""
    try:
        with sockets.socket(sockets.AF_UNIX) as connection:
            connection.settimeout(seconds)
            connection.connect(str(socket))
            connection.sendall(encode_message(_numbered(request, 1)))
            buffer, bodies = bytearray(), list[bytes]()
            while not bodies:
                block = connection.recv(_BLOCK)
                if not block:
                    raise TrainerError(_GONE)
                buffer += block
                bodies = split_messages(buffer)
            return decode_reply(bodies[0])
    except OSError as error:
        raise TrainerError(f"the trainer does not answer on {socket}: {_reason(error)}") from None
    except WireError as error:
        raise TrainerError(f"the trainer cannot be understood: {error}") from None


def carried_out(reply: Reply) -> Answer:
    """The answer to a command that was carried out; raises TrainerError with the trainer's words when it was not."""
    if isinstance(reply, Answer) and reply.ok:
        return reply
    raise TrainerError(reply.words if isinstance(reply, Answer) else "the trainer answered something else")


def _numbered(request: RequestType, number: int) -> RequestType:
    return msgspec.structs.replace(request, id=number)


def _reason(error: OSError | ValueError) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    return (getattr(error, "strerror", None) or str(error)).lower()
