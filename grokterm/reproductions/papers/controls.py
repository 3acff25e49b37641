"""Controls: what learns by heart, where nothing groks and nothing may be claimed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from grokterm.config import Value
from grokterm.reproductions.claims import Claim, Figures, Reproduction, Scale
from grokterm.reproductions.evidence import Evidence, RunLog
from grokterm.reproductions.rules import at_least, at_most
from grokterm.reproductions.studies import Study, Trained

_SOURCE: Final = "Power et al. 2022 (2201.02177), Nanda et al. 2023 (2301.05217)"
_KINDS: Final[Mapping[str, Mapping[str, Value]]] = {
    "random labels": {"p": 53, "corrupt": 1.0},
    "no weight decay": {"p": 53, "weight_decay": 0.0, "train_fraction": 0.4},
    "too few pairs": {"p": 53, "train_fraction": 0.15},
}
_CIRCUIT: Final = ("circuit_formation", "clean_up")
_ARCHITECTURES: Final = ("mlp", "transformer")


def studies(scale: Scale) -> Sequence[Study]:
    """Each control with a perceptron and with a transformer."""
    size: dict[str, Value] = {"width": 256, "d_model": 64, "lr": 5e-3, "until": 2500, "measure_every": 50}
    return [
        Trained(f"{kind}, {arch}", {**size, "arch": arch, **values}) for kind, values in _KINDS.items()
        for arch in _ARCHITECTURES
    ]  # fmt: skip


def claims(scale: Scale) -> Sequence[Claim]:
    """That all memorize, that none groks, and that no circuit is claimed."""
    found = []
    for kind in _KINDS:
        found += [
            Claim(f"{kind}: train accuracy at the end", _SOURCE, "memorized", _last(kind), "share",
                  at_least(0.99, 0.95)),
            Claim(f"{kind}: largest test accuracy", _SOURCE, "groks never", _largest(kind), "share", at_most(0.5, 0.9)),
            Claim(f"{kind}: runs in which a circuit is claimed", "the rule of this program", "none", _claimed(kind),
                  "share", at_most(0)),
        ]  # fmt: skip
    return found


def _runs(found: Evidence, kind: str) -> list[RunLog]:
    return [run for arch in _ARCHITECTURES for run in found.runs(f"{kind}, {arch}")]


def _last(kind: str) -> Figures:
    return lambda found: [run.last("train_accuracy") for run in _runs(found, kind)]


def _largest(kind: str) -> Figures:
    return lambda found: [run.largest("test_accuracy") for run in _runs(found, kind)]


def _claimed(kind: str) -> Figures:
    def share(found: Evidence) -> list[float]:
        claimed = [any(math.isfinite(run.event(name)) for name in _CIRCUIT) for run in _runs(found, kind)]
        return [sum(claimed) / len(claimed)]

    return share


_WHY: Final = "Nothing was claimed in any control."
REPRODUCTION: Final = Reproduction(
    "controls",
    "what learns by heart groks never, and nothing is claimed",
    _SOURCE,
    studies,
    claims,
    quick_seeds=1,
    why=_WHY,
)
