"""Messages on a run's socket: a viewer sends requests, the trainer answers each once, by its id."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import numpy as np

from grokterm.config import Value
from grokterm.errors import WireError
from grokterm.picture import Array, Picture, PictureRequest
from grokterm.surgery import Ablation

State = Literal["starting", "training", "paused", "finished", "diverged"]


class Status(msgspec.Struct, frozen=True):
    """What the trainer is doing now."""

    step: int
    state: State
    seconds: float
    """Seconds spent training so far."""
    steps_per_second: float
    """Over about the last second of training; 0 while paused."""
    pace: float | Literal["max"]
    device: str
    """Where the tensors are, by name: cpu, cuda:0, mps."""
    precision: str
    """Of the matrix products: float32, bfloat16 or float64."""
    words: str = ""
    """Why training does not go on and what can be done, where that is not a person's pause; else empty."""
    past: int | None = None
    """The step to which a model of the past has come for somebody who waits for it; None where nobody does."""


class Look(msgspec.Struct, frozen=True, tag="look"):
    """Asks for pictures of the model, the present one or that after `at` steps; answered by Pictures."""

    id: int
    pictures: tuple[PictureRequest, ...] = ()
    at: int | None = None
    """A step of the past, before the changes that were made there; None is now."""


class Change(msgspec.Struct, frozen=True, tag="change"):
    """Changes settings between two steps; keep carries embedding and read-out into a rebuilt model."""

    id: int
    values: dict[str, Value]
    keep: bool = False
    by: str = ""
    ablation: Ablation | None = None
    """Parts to take out of the model that trains."""


class Pause(msgspec.Struct, frozen=True, tag="pause"):
    """Pauses training."""

    id: int


class Go(msgspec.Struct, frozen=True, tag="go"):
    """Resumes training, for `steps` steps where that is not None."""

    id: int
    steps: int | None = None


class Predict(msgspec.Struct, frozen=True, tag="predict"):
    """Asks for the first answers to (a, b) of the present model or that after `at` steps; answered by Prediction."""

    id: int
    a: int
    b: int
    count: int = 3
    at: int | None = None
    """A step of the past, before the changes that were made there; None is now."""


class Stop(msgspec.Struct, frozen=True, tag="stop"):
    """Writes a checkpoint and ends the trainer."""

    id: int


Request = Look | Change | Pause | Go | Predict | Stop


class Answer(msgspec.Struct, frozen=True, tag="answer"):
    """Whether a request was carried out, and why not."""

    id: int
    ok: bool
    words: str
    step: int


class Pictures(msgspec.Struct, frozen=True, tag="pictures"):
    """The pictures asked for; none where a newer request took the place of this one."""

    id: int
    status: Status
    pictures: tuple[Picture, ...]


class Prediction(msgspec.Struct, frozen=True, tag="prediction"):
    """The model's most probable answers to (a, b) at `step`, best first."""

    id: int
    step: int
    a: int
    b: int
    answers: tuple[tuple[int, float], ...]
    right: int | None
    """None where the operation is not defined."""
    trained: bool


Reply = Answer | Pictures | Prediction

MESSAGE_LIMIT = 64 * 2**20
"""Bytes of the longest message that either side accepts."""

_HEADER = 4
_ARRAY = 1
"""The code of an array among msgpack's extensions."""


def _pack(array: Any) -> msgspec.msgpack.Ext:
    """An array as it is sent, floats in single precision."""
    if not isinstance(array, np.ndarray):
        raise NotImplementedError(f"{type(array).__name__} cannot be sent")
    small = np.ascontiguousarray(array.astype(np.float32) if array.dtype == np.float64 else array)
    return msgspec.msgpack.Ext(_ARRAY, msgspec.msgpack.encode((small.dtype.str, array.shape, small.tobytes())))


def _unpack(code: int, data: memoryview) -> Array:
    """The array that was sent, read-only; raises ValueError, TypeError, MsgspecError."""
    dtype, shape, body = msgspec.msgpack.decode(data, type=tuple[str, tuple[int, ...], bytes])
    if code != _ARRAY or np.dtype(dtype).hasobject:
        raise ValueError("only arrays of numbers are sent")
    return np.frombuffer(body, dtype=np.dtype(dtype)).reshape(shape)


_encoder = msgspec.msgpack.Encoder(enc_hook=_pack)
_requests: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_replies: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply, ext_hook=_unpack)


def encode_message(message: Request | Reply) -> bytes:
    """A message as bytes: its length in four bytes, big end first, and msgpack."""
    body = _encoder.encode(message)
    return len(body).to_bytes(_HEADER, "big") + body


def split_messages(buffer: bytearray, limit: int = MESSAGE_LIMIT) -> list[bytes]:
    """Takes the whole messages off the front of `buffer`; raises WireError on a length over `limit`."""
    bodies: list[bytes] = []
    while len(buffer) >= _HEADER:
        length = int.from_bytes(buffer[:_HEADER], "big")
        if length > limit:
            raise WireError(f"a message of {length:,} bytes is over the limit of {limit:,}")
        if len(buffer) < _HEADER + length:
            break
        bodies.append(bytes(buffer[_HEADER : _HEADER + length]))
        del buffer[: _HEADER + length]
    return bodies


def decode_request(body: bytes) -> Request:
    """The request in a message's body; raises WireError."""
    try:
        return _requests.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(f"a request cannot be read: {error}") from None


def decode_reply(body: bytes) -> Reply:
    """The reply in a message's body; raises WireError."""
    try:
        return _replies.decode(body)
    except (msgspec.MsgspecError, TypeError, ValueError, RecursionError) as error:
        raise WireError(f"a reply cannot be read: {error}") from None
