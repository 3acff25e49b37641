"""Records of `log.jsonl`: one JSON object a line, told apart by `kind`.

All but Session records are made by training alone and come out the same in every repetition, but for `seconds`,
`time` and `by`. Session records tell what a process did. A measure that is not in its record is not defined there.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from grokterm.config import Value, label
from grokterm.config.architectures import renamed
from grokterm.errors import WireError
from grokterm.measures import Measures, ProgressMeasures, StructureMeasures
from grokterm.surgery import Ablation
from grokterm.tasks.arithmetic import Basis
from grokterm.troubles import TrainingTroubleName

CircuitEventName = Literal["memorization", "circuit_formation", "clean_up"]
"""Phases by the progress measures, each as the event with which it begins; `memorization` is the way back."""
EventName = (
    Literal["memorized", "generalizing", "memorizing", "grokked_90", "grokked_95", "grokked", "collapsed", "not_finite"]
    | Literal["published"]
    | CircuitEventName
    | TrainingTroubleName
)
"""Events that training makes. `grokked` is test accuracy ≥ .99; `memorizing` is the way back from generalizing.

Those of `troubles.TABLE` are what the watchman tells; `published` is a verdict on a step that a paper gives.
"""
SessionName = Literal["started", "paused", "resumed", "finished", "stopped", "failed", "noted", "forked"]
"""What a trainer process did; `noted` is a remark that changes nothing, such as checkpoints given up for room.

`forked` tells where a fork begins: all before it was copied from the parent, whose id, path and step are in `about`.
"""


class Scalars(Measures, frozen=True, tag_field="kind", tag="scalars", omit_defaults=True):
    """Measures after `step` steps; a value that is not finite, undefined or not there yet is None.

    Those with a default are rounded to five digits, Σθ² of the matrices to four.
    """

    step: int
    seconds: float
    """Seconds spent training so far, pauses left out."""


class Progress(ProgressMeasures, frozen=True, tag_field="kind", tag="circuit", omit_defaults=True):
    """Progress measures after `step` steps, in five digits."""

    step: int
    basis: Basis = "residues"


class OldProgress(msgspec.Struct, frozen=True, tag_field="kind", tag="progress"):
    """Progress measures as they were logged before, over all frequencies: read, and left out.

    They were as right for a table that is learned by heart as for a circuit.
    """

    step: int


class Spectrum(msgspec.Struct, frozen=True, tag_field="kind", tag="spectrum"):
    """Fourier norms of the first layer or the embedding after `step` steps, in three digits."""

    step: int
    norms: tuple[float | None, ...]
    """At k = 1 …."""


class Structure(StructureMeasures, frozen=True, tag_field="kind", tag="structure", omit_defaults=True):
    """What the circuit is made of after `step` steps; the last three only where test accuracy is above .9."""

    step: int


class PluginMeasures(msgspec.Struct, frozen=True, tag_field="kind", tag="plugin"):
    """Measures of plugins by name after `step` steps, in five digits; None where one is not finite."""

    step: int
    values: dict[str, float | None]


class Rewind(msgspec.Struct, frozen=True):
    """A place of the run whose model and optimizer were taken again."""

    step: int
    changes: int
    """Changes in the log before it."""


class Change(msgspec.Struct, frozen=True, tag_field="kind", tag="change"):
    """Settings that were changed, parts taken out, or a model of before taken again, after `step` steps.

    They act from the next step on. Steps are counted on where a model of before is taken again.
    """

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
    format: int = 0
    """1 from the time on when an architecture `mlp` has embeddings; 0 is read with the names of before."""
    ablation: Ablation | None = None
    """What was taken out of the model, after settings were changed; None where nothing was."""
    rewind: Rewind | None = None
    """Which model of before was taken again; None where the model stayed."""


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


TrainingRecord = Scalars | Progress | OldProgress | Spectrum | Structure | PluginMeasures | Change | Event
Record = TrainingRecord | Session

CHANGE_FORMAT = 1
"""`format` of the changes that are made now."""

_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)
_encoder = msgspec.json.Encoder()


def encode_record(record: Record) -> bytes:
    """One line of the log, with its newline."""
    return _encoder.encode(record) + b"\n"


def decode_record(line: bytes) -> Record:
    """The record on one line of the log; raises WireError."""
    try:
        record = _decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(f"a line of the log cannot be read: {error}") from None
    if isinstance(record, Change) and record.format == 0 and "arch" in record.values and "arch" in record.old:
        return _with_names_of_now(record)
    return record


def _with_names_of_now(change: Change) -> Change:
    """A change of the architecture as it is told now, in its words too."""
    values, old = renamed(change.values), renamed(change.old)
    before, now = (
        f"{label('arch')} {a['arch']} → {b['arch']}" for a, b in ((change.old, change.values), (old, values))
    )
    words = change.words.replace(before, now)
    return msgspec.structs.replace(change, format=CHANGE_FORMAT, values=values, old=old, words=words)
