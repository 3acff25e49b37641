"""Records of a sweep's `cells.jsonl`: one JSON object a line, one line a run that has ended."""

from __future__ import annotations

from typing import Literal

import msgspec

from grokterm.config import Value
from grokterm.errors import WireError

SweptPhase = Literal["comprehension", "grokking", "memorization", "confusion"]
"""Phases of Liu et al. 2022 (arXiv:2205.10343), by the thresholds of `sweeps.phases`."""
RunState = Literal["finished", "failed"]


class SweptRun(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one run of a sweep came to; losses and sums that are not finite, and steps that never came, are None."""

    run: int
    """Its number: cell · seeds + the place of its seed."""
    cell: int
    seed: int
    values: dict[str, Value]
    """The settings in which it differs from the base of the sweep."""
    state: RunState
    reason: str = ""
    """Why it failed."""
    step: int
    """Steps that it took."""
    learned_step: int | None = None
    """First step with a train accuracy above 90 %: the memorization of Liu et al."""
    memorized_step: int | None = None
    grokked_step_90: int | None = None
    grokked_step_95: int | None = None
    grokked_step_99: int | None = None
    train_accuracy: float | None = None
    test_accuracy: float | None = None
    train_loss: float | None = None
    test_loss: float | None = None
    sum_squared_weights: float | None = None
    embedding_gini: float | None = None
    phase: SweptPhase | None = None
    """None where it failed before its test accuracy reached 99 % and its budget was spent."""
    seconds: float = 0.0
    """Spent training: of replicas that trained together, its share."""
    device: str = ""
    precision: str = ""
    strategy: str = ""
    """By which its steps were computed, and of how many replicas at once."""
    digest: str = ""
    """SHA-256 of its parameters, in hexadecimal; empty where it failed."""
    curve: tuple[int, int] = (0, 0)
    """Where its curve begins in `curves.f32`, in bytes, and its points."""
    time: float = 0.0
    """When it ended, in seconds since 1970."""


class SweepState(msgspec.Struct, frozen=True, kw_only=True):
    """How a sweep stands, as its coordinator last wrote it to `state.json`."""

    state: Literal["running", "finished", "stopped", "failed"]
    running: tuple[int, ...] = ()
    """The numbers of the runs that train."""
    workers: int = 0
    finished: int = 0
    """Runs with a record, failed ones among them."""
    failed: int = 0
    total: int = 0
    runs_per_hour: float | None = None
    """Over the last batches of this coordinator; None before the first has ended."""
    seconds_left: float | None = None
    """An estimate, from the runs that have ended; None while there is none."""
    words: str = ""
    """What is worth telling: a worker that was lost, a full disk."""
    time: float = 0.0
    """When this was written, in seconds since 1970."""


_runs: msgspec.json.Decoder[SweptRun] = msgspec.json.Decoder(SweptRun)
_states: msgspec.json.Decoder[SweepState] = msgspec.json.Decoder(SweepState)
_encoder = msgspec.json.Encoder()


def encode_run(run: SweptRun) -> bytes:
    """One line of `cells.jsonl`, with its newline."""
    return _encoder.encode(run) + b"\n"


def decode_run(line: bytes) -> SweptRun:
    """The run on one line of `cells.jsonl`; raises WireError."""
    try:
        return _runs.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(f"a line of cells.jsonl cannot be read: {error}") from None


def encode_state(state: SweepState) -> bytes:
    """The content of `state.json`."""
    return _encoder.encode(state)


def decode_state(written: bytes) -> SweepState:
    """The state in `state.json`; raises WireError."""
    try:
        return _states.decode(written)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise WireError(f"state.json cannot be read: {error}") from None
