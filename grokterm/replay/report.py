"""What a replay reports while it runs and in the end; read by the command line, which never imports torch."""

from __future__ import annotations

from typing import Literal

import msgspec


class Progress(msgspec.Struct, frozen=True, tag_field="kind", tag="progress"):
    """How far a replay is."""

    step: int
    to: int
    differ: int
    """Records and checkpoints so far that do not agree."""


class Difference(msgspec.Struct, frozen=True):
    """One place where what was made again is not what was written."""

    step: int
    where: Literal["log", "checkpoint"]
    name: str
    """The value of the record, or the tensor of the checkpoint, that differs most."""
    by: float | None
    """Largest absolute difference; None where there is no number on one side."""
    words: str


class Tally(msgspec.Struct, frozen=True):
    """How many were compared, and how many of them do not agree."""

    compared: int
    differ: int


class Circumstance(msgspec.Struct, frozen=True):
    """On what the run was trained, and is now."""

    name: str
    then: tuple[str, ...]
    """Every value that the run's sessions recorded, in order; empty where there is none."""
    now: str

    @property
    def same(self) -> bool:
        """Whether it was always as it is now."""
        return self.then == (self.now,)


class Report(msgspec.Struct, frozen=True, tag_field="kind", tag="report"):
    """What a replay found."""

    run: str
    to: int
    """The step up to which it was repeated."""
    agrees: bool
    """Whether everything that was written is, bit by bit, what was made again."""
    records: Tally
    checkpoints: Tally
    first: Difference | None
    largest: Difference | None
    """Among the numbers that can be subtracted."""
    unusable: tuple[str, ...]
    """Checkpoints that could not be compared, and why."""
    ended: str
    """Why it ended before the last record; else empty."""
    circumstances: tuple[Circumstance, ...]
    seconds: float


Message = Progress | Report
_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)


def decode_message(line: bytes) -> Message:
    """One line of a replay's standard output; raises msgspec.MsgspecError."""
    return _decoder.decode(line)
