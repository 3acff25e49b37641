"""A reproduction that trains in seconds: p 11, a run, forks that bisect, and a sweep."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from grokterm.config import Value
from grokterm.reproductions.claims import Claim, Reproduction, Scale
from grokterm.reproductions.figures import last, share, step_of
from grokterm.reproductions.making import Power
from grokterm.reproductions.rules import at_least, at_most
from grokterm.reproductions.studies import Bisected, Study, Swept, Trained

SMALL: Final[dict[str, Value]] = {
    "p": 11, "width": 32, "d_model": 8, "until": 40, "log_every": 10, "measure_every": 20,
}  # fmt: skip
CUT: Final = Bisected("cut", "run", "train_fraction", 0.1, 0.5, 2, 10)
POWER: Final = Power(2, 1, "a processor, 2 cores", "cpu", "float32")


def studies(scale: Scale) -> Sequence[Study]:
    return [
        Trained("run", SMALL),
        CUT,
        Swept("sweep", {**SMALL, "max_steps": 30}, ("wd=0.5,1",), seeds=1),
    ]


def claims(scale: Scale) -> Sequence[Claim]:
    return [
        Claim("it has a test accuracy", "a paper", "0 %", last("run", "test_accuracy"), "share", at_least(0)),
        Claim("it groks", "a paper", "8,350", step_of("run"), "steps", at_most(20, 30), "p 11"),
        Claim("all of the sweep grok", "a paper", "—", share("sweep", wd=0.5), "share", at_least(1, 0.5)),
    ]


TINY: Final = Reproduction("nanda", "a tiny one", "a paper", studies, claims, quick_seeds=1, full_seeds=2)
