"""Records of `log.jsonl`: one JSON object a line, told apart by `kind`.

Scalars, Change and Event are made by training alone and come out the same in every repetition, but for
`seconds`, `time` and `by`. Session records tell what a process did.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from grokterm.config import Value
from grokterm.errors import WireError

EventName = Literal[
    "memorized", "generalizing", "memorizing", "grokked_90", "grokked_95", "grokked", "collapsed", "not_finite"
]
"""Events that training makes. `grokked` is test accuracy ≥ .99; `memorizing` is the way back from generalizing."""
SessionName = Literal["started", "paused", "resumed", "finished", "stopped", "failed", "noted", "forked"]
"""What a trainer process did; `noted` is a remark that changes nothing, such as checkpoints given up for room.

`forked` tells where a fork begins: all before it was copied from the parent, whose id, path and step are in `about`.
"""


class Scalars(msgspec.Struct, frozen=True, tag_field="kind", tag="scalars"):
    """Measures after `step` steps; a value that is not finite, or not there yet, is None."""

    step: int
    seconds: float
    """Seconds spent training so far, pauses left out."""
    train_loss: float | None
    """Mean cross-entropy over the training pairs, nats."""
    test_loss: float | None
    train_accuracy: float
    """Share of the training pairs answered correctly, 0 to 1."""
    test_accuracy: float
    sum_squared_weights: float | None
    """Σθ² over all parameters."""
    gradient_norm: float | None
    """Euclidean norm of the gradient of the last step; None at step 0."""


class Change(msgspec.Struct, frozen=True, tag_field="kind", tag="change"):
    """Settings that were changed after `step` steps and act from the next one on."""

    step: int
    values: dict[str, Value]
    old: dict[str, Value]
    rebuilt: bool
    """Whether the model was built anew."""
    keep: bool
    """Whether embedding and read-out were carried over where their shapes agree."""
    words: str
    by: str = ""
    time: float = 0.0


class Event(msgspec.Struct, frozen=True, tag_field="kind", tag="event"):
    """Something that happened in training at `step`."""

    step: int
    name: EventName
    words: str


class Session(msgspec.Struct, frozen=True, tag_field="kind", tag="session"):
    """What the trainer process did at `step`; `about` holds what is needed to repeat the run."""

    step: int
    name: SessionName
    words: str
    time: float
    """Seconds since 1970."""
    about: dict[str, Value] = {}


Record = Scalars | Change | Event | Session

_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
_encoder = msgspec.json.Encoder()


def encode_record(record: Record) -> bytes:
    """One line of the log, with its newline."""
    return _encoder.encode(record) + b"\n"


def decode_record(line: bytes) -> Record:
    """The record on one line of the log; raises WireError."""
    try:
        return _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(f"a line of the log cannot be read: {error}") from None
