"""Parities: Merrill et al. 2023 (arXiv:2303.11873) and the hidden progress of Barak et al. 2022 (arXiv:2207.08799)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from grokterm.presets import preset_values
from grokterm.reproductions.claims import Claim, Reproduction, Scale
from grokterm.reproductions.evidence import Evidence, RunLog
from grokterm.reproductions.figures import last, step_of
from grokterm.reproductions.rules import at_least, at_most, factor_of
from grokterm.reproductions.studies import Study, Trained

_MERRILL: Final = "Merrill et al. 2023 (2303.11873)"
_BARAK: Final = "Barak et al. 2022 (2207.08799)"


def studies(scale: Scale) -> Sequence[Study]:
    """Both sizes, until they grok."""
    return [
        Trained("n 40", preset_values("parity") | {"until": "grokked", "max_steps": 20_000, "measure_every": 100}),
        Trained(
            "n 20", preset_values("small-parity") | {"until": "grokked", "max_steps": 20_000, "measure_every": 100}
        ),
    ]


def claims(scale: Scale) -> Sequence[Claim]:
    """Of accuracy, of the step of the smaller one, and of progress before accuracy."""
    return [
        Claim("test accuracy, n 40, k 3, 1,000 points", f"{_MERRILL}, 3", "100 %", last("n 40", "test_accuracy"),
              "share", at_least(0.99, 0.9)),
        Claim("steps to 99 %, n 20, k 3, 500 points", "a run of that set-up", "about 800",
              step_of("n 20"), "steps", factor_of(800)),
        Claim("step of half of ‖W − W₀‖₁ over that of a test accuracy of 75 %, n 40", f"{_BARAK}, figure 1",
              "hidden progress comes first", _hidden, "number", at_most(0.9, 1.0)),
        Claim("memorized step over grokked step, n 40", f"{_MERRILL}, figure 1", "before it",
              lambda found: [run.step("memorized_step") / run.step() for run in found.runs("n 40")], "number",
              at_most(0.7, 0.95)),
    ]  # fmt: skip


def _hidden(found: Evidence) -> list[float]:
    return [_half(run) / run.first_step("test_accuracy", lambda values: values >= 0.75) for run in found.runs("n 40")]


def _half(run: RunLog) -> float:
    end = run.last("weight_change_l1")
    return run.first_step("weight_change_l1", lambda values: values >= end / 2)


_WHY: Final = (
    "Seen at about 800 steps in one run of that set-up, of which neither initial weights nor order of batches "
    "are known; ours need twice as many over three seeds. All else agrees."
)
REPRODUCTION: Final = Reproduction(
    "parity", "parities of 3 of 40 and of 20 coordinates", _MERRILL, studies, claims, quick_seeds=3, why=_WHY
)
