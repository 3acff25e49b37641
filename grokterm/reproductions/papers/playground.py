"""The browser playground: its defaults, and the order of its labels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from grokterm.presets import preset_values
from grokterm.reproductions.claims import Claim, Figures, Reproduction, Scale
from grokterm.reproductions.evidence import RunLog, ratios
from grokterm.reproductions.figures import last
from grokterm.reproductions.rules import at_least, at_most
from grokterm.reproductions.studies import Study, Trained

_SOURCE: Final = "browser playground of grokking, its defaults"


def studies(scale: Scale) -> Sequence[Study]:
    """Its run, until it groks."""
    return [
        Trained("run", preset_values("playground") | {"max_steps": 20_000, "until": "grokked", "measure_every": 100})
    ]


def claims(scale: Scale) -> Sequence[Claim]:
    """Memorizing, Generalizing, Grokked: that they come, in this order, and apart."""
    return [
        Claim("test accuracy at the end", _SOURCE, "groks", last("run", "test_accuracy"), "share", at_least(0.95, 0.9)),
        Claim("step of Memorizing (train > .5) over that of Generalizing (test > .5)", _SOURCE, "before it",
              _over(("train_accuracy", 0.5), ("test_accuracy", 0.5)), "number", at_most(0.5, 0.95)),
        Claim("step of Generalizing over that of Grokked (test > .9, train > .95)", _SOURCE, "before it",
              _over(("test_accuracy", 0.5), ("test_accuracy", 0.9)), "number", at_most(0.95, 1.0)),
    ]  # fmt: skip


def _over(one: tuple[str, float], other: tuple[str, float]) -> Figures:
    """The step at which one accuracy is above a threshold over that of another."""
    return lambda found: ratios(*([_label(run, *label) for run in found.runs("run")] for label in (one, other)))


def _label(run: RunLog, accuracy: str, above: float) -> float:
    return run.first_step(accuracy, lambda values: values > above)


_WHY: Final = "There is no published step: the playground draws curves. The order of its labels is what can be checked."
REPRODUCTION: Final = Reproduction(
    "playground", "its defaults: what it shows, and when", _SOURCE, studies, claims, why=_WHY
)
