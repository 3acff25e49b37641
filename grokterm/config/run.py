"""The settings of the machine and of a run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from grokterm.config.setting import setting

Precision = Literal["auto", "float32", "bfloat16", "float64"]
Until = Literal["memorized", "grokked", "forever"]
OnTrouble = Literal["tell", "pause", "rewind", "off"]


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)  # what it needs of these Config makes
class RunSettings:
    """On what a run trains, until when, and what is logged."""

    device: str = setting("auto", "Machine", "starts a new run", "Device: auto, cpu, cuda, cuda:N or mps.")
    precision: Precision = setting(
        "auto",
        "Machine",
        "starts a new run",
        "Precision of the matrix products; weights, logits and loss stay in float32 (float64).",
    )
    until: int | Until = setting(
        "forever",
        "Run",
        "at once",
        "Where training ends: a step, memorized (train accuracy > .99), grokked (test ≥ .99) or forever.",
        ge=1,
        le=10**12,
    )
    max_steps: int = setting(
        10**12,
        "Run",
        "at once",
        "Steps after which training ends whatever `until` says.",
        label="step limit",
        ge=1,
        le=10**12,
    )
    on_trouble: OnTrouble = setting(
        "tell",
        "Run",
        "at once",
        "What the watchman does in trouble: tell, pause, rewind to the newest good checkpoint with half the learning "
        "rate (after slingshots ten times epsilon; three times at most), or off.",
        label="on trouble",
    )
    pace: float | Literal["max"] = setting(50.0, "Run", "at once", "Steps a second at most, or max.", gt=0, le=10**9)
    log_every: int = setting(
        10,
        "Run",
        "at once",
        "Steps from one log record to the next.",
        label="steps a log record",
        short="log every",
        ge=1,
        le=10**6,
    )
    measure_every: int = setting(
        100,
        "Run",
        "at once",
        "Steps from one set of progress measures to the next; 0 takes none.",
        label="steps a measurement",
        short="measure every",
        ge=0,
        le=10**6,
    )
