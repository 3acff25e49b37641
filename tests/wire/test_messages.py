"""Messages: what is sent comes back whole, whatever pieces it arrives in; what is none is refused."""

from __future__ import annotations

from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from grokterm.errors import WireError
from grokterm.wire.messages import (
    Array,
    Change,
    Go,
    Look,
    Pause,
    Predict,
    Request,
    Stop,
    decode_reply,
    decode_request,
    encode_message,
    split_messages,
)

ids = st.integers(0, 2**31)
values = st.dictionaries(st.text(max_size=9), st.integers(-(2**60), 2**60) | st.floats(allow_nan=False) | st.text())
requests = st.one_of(
    st.builds(
        Look, id=ids, frames=st.lists(st.sampled_from(["task", "table", "spectrum"])).map(tuple), at=st.none() | ids
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


@pytest.mark.parametrize(
    "array", [np.zeros((0, 3)), np.arange(6, dtype=np.uint16).reshape(2, 3).T, np.array(3.5, dtype=np.float32)]
)
def test_arrays_come_back(array: np.ndarray) -> None:
    again = Array.of(array).numpy()
    assert again.dtype == array.dtype
    assert np.array_equal(again, array)
    assert not again.flags.writeable


@pytest.mark.parametrize(
    "array",
    [
        Array("|O", (1,), b"12345678"),
        Array("<f4", (3,), b"1234"),
        Array("nonsense", (1,), b""),
        Array("<f4", (-1, -1), b""),
    ],
)
def test_arrays_that_are_none(array: Array) -> None:
    with pytest.raises(WireError):
        array.numpy()
