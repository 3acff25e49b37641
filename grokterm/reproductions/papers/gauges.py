"""Zhong et al. 2023 (arXiv:2306.17844): transformers that add by the clock, and such that add by the pizza."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from grokterm.presets import preset_values
from grokterm.reproductions.claims import Claim, Reproduction, Scale
from grokterm.reproductions.figures import last
from grokterm.reproductions.rules import Rule, at_least, at_most
from grokterm.reproductions.studies import Study, Trained

_PAPER: Final = "Zhong et al. 2023 (2306.17844), table 1"


def _studies(preset: str, scale: Scale) -> Sequence[Study]:
    steps = 3000 if scale.quick else 20_000
    return [Trained("run", preset_values(preset) | {"until": steps, "measure_every": 100})]


def _claim(words: str, measure: str, published: str, rule: Rule) -> Claim:
    return Claim(words, _PAPER, published, last("run", measure), "number", rule)


def _groks() -> Claim:
    return Claim("test accuracy at the end", _PAPER, "100 %",
                 last("run", "test_accuracy"), "share", at_least(0.99, 0.9))  # fmt: skip


def _pizza(scale: Scale) -> Sequence[Claim]:
    return [
        _groks(),
        _claim("gradient symmetricity", "gradient_symmetricity", "0.994", at_least(0.9, 0.75)),
        _claim("distance irrelevance", "distance_irrelevance", "0.17", at_most(0.35, 0.5)),
    ]


def _clock(scale: Scale) -> Sequence[Claim]:
    return [
        _groks(),
        _claim("gradient symmetricity", "gradient_symmetricity", "0.334", at_most(0.5, 0.65)),
        _claim("distance irrelevance", "distance_irrelevance", "0.85", at_least(0.65, 0.5)),
    ]


_WHY_PIZZA: Final = "The runs are of 3,000 steps in place of 20,000; distance irrelevance was still falling."
_WHY_CLOCK: Final = "The runs are of 3,000 steps in place of 20,000. Both gauges agree within the spread of seeds."
REPRODUCTIONS: Final = (
    Reproduction(
        "pizza", "uniform attention adds by the pizza", _PAPER, partial(_studies, "pizza"), _pizza, 2, why=_WHY_PIZZA
    ),
    Reproduction("clock", "attention adds by the clock", _PAPER, partial(_studies, "clock"), _clock, 2, why=_WHY_CLOCK),
)
