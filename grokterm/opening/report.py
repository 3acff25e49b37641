"""What is told of weights that are opened, message by message; read by the command line, which never imports torch."""

from __future__ import annotations

import msgspec


class Role(msgspec.Struct, frozen=True):
    """What one of their tensors was taken for."""

    name: str
    shape: tuple[int, ...]
    role: str
    """Our tensor that it became, and how; or why it is left out."""


class Recognized(msgspec.Struct, frozen=True, tag_field="kind", tag="recognized"):
    """How the files were read, before anything is measured."""

    source: str
    layout: str
    roles: tuple[Role, ...]
    steps: tuple[int, ...]
    remarks: tuple[str, ...] = ()


class Measured(msgspec.Struct, frozen=True, tag_field="kind", tag="measured"):
    """How many of the steps are measured and written."""

    done: int
    of: int


class Opened(msgspec.Struct, frozen=True, tag_field="kind", tag="opened"):
    """The run that was made."""

    run: str
    folder: str
    model: str
    """Task and architecture in words."""
    train_accuracy: float
    """Of the last step."""
    test_accuracy: float
    accuracy: float
    """Of all examples."""
    remarks: tuple[str, ...] = ()


Message = Recognized | Measured | Opened
_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def decode_message(line: bytes) -> Message:
    """A message from one line; raises msgspec.MsgspecError."""
    return _decoder.decode(line)
