"""Nanda et al. 2023 (arXiv:2301.05217): phases, progress measures and the circuit of the mainline run."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Final

from grokterm.presets import preset_values
from grokterm.reproductions.claims import Claim, Reproduction, Scale
from grokterm.reproductions.evidence import Evidence, RunLog, ratios
from grokterm.reproductions.rules import Rule, Unit, at_least, at_most, between, factor_of
from grokterm.reproductions.studies import Study, Trained

_PAPER: Final = "Nanda et al. 2023 (2301.05217)"
_RUN: Final = "mainline"
_HALF: Final = 0.5


def studies(scale: Scale) -> Sequence[Study]:
    """The mainline run, or one of p 59 with a fraction of .4."""
    given = preset_values("nanda") | {"measure_every": 50}
    if scale.quick:
        return [Trained(_RUN, given | {"p": 59, "train_fraction": 0.4, "classes": "p", "until": 6000})]
    return [Trained(_RUN, given | {"until": 20_000})]


def claims(scale: Scale) -> Sequence[Claim]:
    """Of phases in order, of their steps where the set-up is that of the paper, and of the circuit at the end."""
    return [*(_order() if scale.quick else _steps()), *_progress(), *_circuit()]


def _claim(
    words: str, section: str, published: str, of_run: Callable[[RunLog], float], unit: Unit, rule: Rule
) -> Claim:
    return Claim(
        words, f"{_PAPER}, {section}", published, lambda found: list(map(of_run, found.runs(_RUN))), unit, rule
    )


def _order() -> list[Claim]:
    return [
        Claim(
            "grokked step over memorized step",
            f"{_PAPER}, figure 2",
            "about 7 (10,000 over 1,400)",
            lambda found: [run.step() / run.step("memorized_step") for run in found.runs(_RUN)],
            "times",
            at_least(5, 2),
        ),
        Claim(
            "step of circuit formation over that of clean-up",
            f"{_PAPER}, 5.2",
            "0.15 (1,400 over 9,400)",
            lambda found: ratios(_events(found, "circuit_formation"), _events(found, "clean_up")),
            "number",
            at_most(0.5, 0.95),
        ),
    ]


def _steps() -> list[Claim]:
    return [
        _claim("train accuracy passes 99 %", "5.2", "before 1,400", lambda run: run.step("memorized_step"), "steps",
               at_most(1400, 2800)),
        _claim("circuit formation begins", "5.2", "1,400", lambda run: run.event("circuit_formation"), "steps",
               factor_of(1400)),
        _claim("clean-up begins", "5.2", "9,400", lambda run: run.event("clean_up"), "steps", factor_of(9400)),
        _claim("test accuracy reaches 99 %", "5.2", "about 14,000", lambda run: run.step(), "steps", factor_of(14_000)),
    ]  # fmt: skip


def _progress() -> list[Claim]:
    return [
        _claim(
            "restricted loss leads: its step of half of ln p over that of the test loss, both on test pairs",
            "5.2, figure 7",
            "before 1",
            lambda run: _half_step(run, "restricted_test_loss") / _half_step(run, "test_loss"),
            "number",
            at_most(0.95, 1.0),
        ),
        _claim(
            "Σθ² at the end over its largest",
            "5.2, figure 7",
            "falls sharply in clean-up",
            lambda run: run.last("sum_squared_weights") / run.largest("sum_squared_weights"),
            "number",
            at_most(0.6, 0.8),
        ),
        _claim(
            "excluded loss at the end",
            "5.2, figure 7",
            "rises, to about ln p or above",
            lambda run: run.last("excluded_loss") / math.log(run.history.config.p),
            "times",
            at_least(0.8, 0.5),
        ),
    ]


def _circuit() -> list[Claim]:
    return [
        _claim("Gini coefficient of W_E at the end", "5.1, figure 3", "sparse: five of 56",
               lambda run: run.last("embedding_gini"), "number", at_least(0.6, 0.4)),
        _claim("key frequencies", "4.1 and appendix C.2", "5 (3 to 6 in other seeds)", lambda run: float(len(run.keys)),
               "number", between(3, 6, 2, 8)),
        _claim("neurons that one frequency explains to .85", "4.3", "84.6 %",
               lambda run: run.last("explained_neurons"), "share", at_least(0.7, 0.5)),
        _claim("variance of the logits that cosines of the key frequencies explain", "4.2", "95 %",
               lambda run: run.last("variance_share"), "share", at_least(0.9, 0.75)),
        _claim("rank of W_L over twice the key frequencies", "4.2", "1 (10 over twice 5)",
               lambda run: run.last("read_out_rank") / (2 * len(run.keys)) if run.keys else math.nan, "number",
               between(0.8, 1.25, 0.5, 2)),
    ]  # fmt: skip


def _events(found: Evidence, name: str) -> list[float]:
    return [run.event(name) for run in found.runs(_RUN)]


def _half_step(run: RunLog, measure: str) -> float:
    """The first step from which a loss is below half of that of guessing."""
    return run.first_step(measure, lambda loss: loss < _HALF * math.log(run.history.config.p))


_WHY: Final = (
    "The quick run has p 59 and a fraction of .4 in place of p 113 and .3: it groks after a few thousand "
    "steps, its keys are a sixth of 29 frequencies in place of an eleventh of 56, so that the Gini "
    "coefficient is lower, and of 512 neurons for so few frequencies more stay mixed at step 6,000. Circuit "
    "formation is told here from held-out pairs and a permutation test, later than one reads it off the "
    "curves, and so nearer to clean-up. In full the set-up is that of the paper."
)
REPRODUCTION: Final = Reproduction(
    "nanda", "phases, progress measures and the circuit of the mainline run", _PAPER, studies, claims, why=_WHY
)
