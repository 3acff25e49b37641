"""Messages: what is sent comes back whole, whatever pieces it arrives in; what is none is refused."""

from __future__ import annotations

from contextlib import suppress

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokterm.errors import WireError
from grokterm.picture import Picture, PictureRequest
from grokterm.wire.messages import (
    Change,
    Go,
    Look,
    Pause,
    Pictures,
    Predict,
    Request,
    Status,
    Stop,
    decode_reply,
    decode_request,
    encode_message,
    split_messages,
)

ids = st.integers(0, 2**31)
values = st.dictionaries(st.text(max_size=9), st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text())
chosen = st.dictionaries(st.text(max_size=9), ids, max_size=3)
requests = st.one_of(
    st.builds(
        Look, id=ids, pictures=st.lists(st.builds(PictureRequest, st.text(), chosen)).map(tuple), at=st.none() | ids
    ),
    st.builds(Change, id=ids, values=values, keep=st.booleans(), by=st.text()),
    st.builds(Pause, id=ids),
    st.builds(Go, id=ids, steps=st.none() | ids),
    st.builds(Predict, id=ids, a=ids, b=ids, count=ids, at=st.none() | ids),
    st.builds(Stop, id=ids),
)


@given(st.lists(requests, max_size=6), st.integers(1, 40))
def test_requests_arrive_whole_in_any_pieces(sent: list[Request], piece: int) -> None:
    stream = b"".join(map(encode_message, sent))
    buffer, received = bytearray(), list[Request]()
    for start in range(0, len(stream), piece):
        buffer += stream[start : start + piece]
        received += [decode_request(body) for body in split_messages(buffer)]
    assert received == sent
    assert buffer == b""


@given(st.binary(max_size=200))
def test_garbage_is_a_wire_error_and_nothing_else(sent: bytes) -> None:
    for decode in (decode_request, decode_reply, lambda sent: split_messages(bytearray(sent), limit=100)):
        with suppress(WireError):
            decode(sent)


STATUS = Status(7, "paused", 0.5, 0.0, "max", "cpu", "float32")


def sent(arrays: dict[str, np.ndarray]) -> Pictures:
    """A reply with one picture, after its way."""
    made = Picture(arrays, {"it": ("one",)}, "why", PictureRequest("waves", {"layer": 1}), 7, past=True)
    reply = decode_reply(split_messages(bytearray(encode_message(Pictures(1, STATUS, (made,)))))[0])
    assert isinstance(reply, Pictures)
    return reply


def packed(dtype: str, shape: tuple[int, ...], data: bytes, code: int = 1) -> msgspec.msgpack.Ext:
    """An array as it is sent."""
    return msgspec.msgpack.Ext(code, msgspec.msgpack.encode((dtype, shape, data)))


def test_a_picture_comes_back_with_what_it_is_of() -> None:
    reply = sent({})
    [picture] = reply.pictures
    assert (reply.id, reply.status, picture.arrays) == (1, STATUS, {})
    assert (picture.name, picture.request.chosen, picture.step, picture.past) == ("waves", {"layer": 1}, 7, True)
    assert (picture.names, picture.summary) == ({"it": ("one",)}, "why")


@pytest.mark.parametrize(
    "array", [np.zeros((0, 3)), np.arange(6, dtype=np.uint16).reshape(2, 3).T, np.array(3.5, dtype=np.float32)]
)
def test_arrays_come_back(array: np.ndarray) -> None:
    [picture] = sent({"it": array}).pictures
    again = picture.it
    assert again.dtype == (np.float32 if array.dtype == np.float64 else array.dtype)
    assert np.array_equal(again, array)
    assert not again.flags.writeable


@pytest.mark.parametrize(
    "array",
    [
        packed("|O", (1,), b"12345678"),
        packed("<f4", (3,), b"1234"),
        packed("nonsense", (1,), b""),
        packed("<f4", (-1, -1), b""),
        packed("<f4", (1,), b"1234", code=2),
        msgspec.msgpack.Ext(1, b"no array"),
        "no array",
        None,
    ],
)
def test_arrays_that_are_none(array: object) -> None:
    whole = msgspec.to_builtins(Pictures(1, STATUS, (Picture(),)))
    whole["pictures"][0]["arrays"] = {"it": array}
    with pytest.raises(WireError):
        decode_reply(msgspec.msgpack.encode(whole))
