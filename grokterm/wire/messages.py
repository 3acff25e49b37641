"""Messages on a run's socket: a viewer sends requests, the trainer answers each once, by its id."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
import numpy as np

from grokterm.config import Value
from grokterm.errors import WireError
from grokterm.surgery import INTACT, Ablation
from grokterm.tasks.arithmetic import Basis

if TYPE_CHECKING:
    import numpy.typing as npt

State = Literal["starting", "training", "paused", "finished", "diverged"]
FrameName = Literal["task", "table", "spectrum"]
UNDEFINED: Final = 65535
"""The label, uint16, of a pair on which the operation is not defined."""


class Array(msgspec.Struct, frozen=True):
    """A numpy array in a message."""

    dtype: str
    shape: tuple[int, ...]
    data: bytes

    @classmethod
    def of(cls, array: npt.NDArray[Any]) -> Array:
        """The message form of an array."""
        return cls(array.dtype.str, array.shape, np.ascontiguousarray(array).tobytes())

    def numpy(self) -> npt.NDArray[Any]:
        """The array, read-only; raises WireError."""
        try:
            if np.dtype(self.dtype).hasobject:
                raise ValueError("objects are not numbers")
            return np.frombuffer(self.data, dtype=np.dtype(self.dtype)).reshape(self.shape)
        except (TypeError, ValueError) as error:
            raise WireError(f"an array in a message cannot be read: {error}") from None


class TaskFrame(msgspec.Struct, frozen=True, tag="task"):
    """Labels and split, each [p, p] indexed [a, b]; they change with `train_fraction` and `corrupt` alone."""

    label: Array
    """uint16, the right answers; UNDEFINED where the operation is not defined."""
    trained: Array
    """bool: the pair is in the training set."""
    given: Array
    """uint16: the labels trained on, wrong ones where the training set is corrupted."""
    train_fraction: float
    corrupt: float


class TableFrame(msgspec.Struct, frozen=True, tag="table"):
    """The model's answer for every pair, each [p, p] indexed [a, b]."""

    prediction: Array
    """uint16: the class of the largest logit."""
    confidence: Array
    """uint8: the softmax probability of that class times 255, rounded."""


class SpectrumFrame(msgspec.Struct, frozen=True, tag="spectrum"):
    """Fourier norms of the first layer or embedding, frequencies k = 1 … in order."""

    norms: Array
    """float32 [frequencies]: norm over d_model or width of the cos and sin components at k."""
    key_frequencies: tuple[int, ...]
    """The present estimate, k ≥ 1, largest norm first."""
    basis: Basis
    words: str
    """What the bars are taken from, or why there are none."""
    single_frequency_share: float | None = None
    """Share of the first layer's weight vectors that follow one frequency alone, 0 to 1; None without such vectors."""


class PictureRequest(msgspec.Struct, frozen=True):
    """Which picture of the model a view draws, by the view's name, and what of it."""

    name: str
    chosen: dict[str, int] = {}
    """What a person chose among neurons, heads, matrices, …, each counted from 0."""
    ablation: Ablation = INTACT
    """What is taken out of the model that is drawn; the one that trains stays as it is."""


class PictureFrame(msgspec.Struct, frozen=True, tag="picture"):
    """The arrays that one view draws; none where the view is not defined for this model."""

    request: PictureRequest
    arrays: dict[str, Array]
    names: dict[str, tuple[str, ...]]
    """What the parts of the model are called, along an axis of the arrays."""
    words: str
    """What the arrays are taken from, or why there are none."""


Frame = TaskFrame | TableFrame | SpectrumFrame | PictureFrame


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
    """Asks for pictures of the model, the present one or that after `at` steps; answered by View."""

    id: int
    frames: tuple[FrameName, ...]
    at: int | None = None
    """A step of the past, before the changes that were made there; None is now."""
    picture: PictureRequest | None = None
    """The picture asked for beside the frames; answered by a PictureFrame."""


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


class View(msgspec.Struct, frozen=True, tag="view"):
    """The frames asked for, all of the model at `step`; none where a newer request took the place of this one."""

    id: int
    status: Status
    frames: tuple[Frame, ...]
    step: int = 0
    """Steps that the model of the frames has taken: `status.step`, or the step of the past that was asked for."""


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


Reply = Answer | View | Prediction

MESSAGE_LIMIT = 64 * 2**20
"""Bytes of the longest message that either side accepts."""

_HEADER = 4
_encoder = msgspec.msgpack.Encoder()
_requests: msgspec.msgpack.Decoder[Request] = msgspec.msgpack.Decoder(Request)
_replies: msgspec.msgpack.Decoder[Reply] = msgspec.msgpack.Decoder(Reply)


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
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(f"a reply cannot be read: {error}") from None
