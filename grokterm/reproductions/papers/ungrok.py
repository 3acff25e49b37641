"""Varma et al. 2023 (arXiv:2309.02390): what has grokked forgets where its training set is cut too far."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from grokterm.presets import preset_values
from grokterm.reproductions.claims import Claim, Reproduction, Scale
from grokterm.reproductions.figures import last
from grokterm.reproductions.rules import at_least, at_most, between
from grokterm.reproductions.studies import Bisected, Forked, Study, Trained

_PAPER: Final = "Varma et al. 2023 (2309.02390)"
_LOW: Final = 0.02
_HIGH: Final = 0.6


def _bisected(scale: Scale) -> Bisected:
    rounds, steps = (5, 1500) if scale.quick else (8, 20_000)
    return Bisected("cut", "grokked", "train_fraction", _LOW, _HIGH, rounds, steps)


def studies(scale: Scale) -> Sequence[Study]:
    """Runs that grok, forks with few and with many of their pairs, and forks that halve what is between."""
    cut = _bisected(scale)
    return [
        Trained("grokked", preset_values("ungrok") | {"until": "grokked", "max_steps": 20_000}),
        Forked("few", "grokked", {"train_fraction": 0.05}, cut.steps),
        Forked("many", "grokked", {"train_fraction": 0.5}, cut.steps),
        Forked("few without decay", "grokked", {"train_fraction": 0.05, "weight_decay": 0.0}, cut.steps),
        cut,
    ]


def claims(scale: Scale) -> Sequence[Claim]:
    """Of forgetting, of keeping, and of where one turns into the other."""
    return [
        Claim(
            "test accuracy before the training set is cut",
            f"{_PAPER}, figure 4",
            "100 %",
            last("grokked", "test_accuracy"),
            "share",
            at_least(0.99),
        ),
        Claim(
            "test accuracy with 5 % of the pairs, after it had grokked",
            f"{_PAPER}, 5.1",
            "forgets",
            last("few", "test_accuracy"),
            "share",
            at_most(0.5, 0.8),
        ),
        Claim(
            "test accuracy with 50 % of the pairs, after it had grokked",
            f"{_PAPER}, 5.1",
            "stays",
            last("many", "test_accuracy"),
            "share",
            at_least(0.95, 0.8),
        ),
        Claim(
            "test accuracy with 5 % of the pairs and no weight decay, after it had grokked",
            f"{_PAPER}, 4",
            "stays: it takes decay to forget",
            last("few without decay", "test_accuracy"),
            "share",
            at_least(0.8, 0.6),
        ),
        Claim(
            "critical fraction, found by bisection",
            f"{_PAPER}, 5.1",
            "between them: D_crit",
            lambda found: [sum(one) / 2 for one in found.brackets(_bisected(scale))],
            "share",
            between(0.05, 0.5, _LOW, _HIGH),
        ),
    ]


_WHY: Final = (
    "Without decay most of the circuit stays, and some test pairs are lost all the same: Adam follows the "
    "gradient of the few pairs that are left, and nothing holds the others. The critical fraction depends on "
    "how long one waits; 1,500 steps after the cut here."
)
REPRODUCTION: Final = Reproduction(
    "ungrok", "a grokked network forgets where its training set is cut", _PAPER, studies, claims, why=_WHY
)
