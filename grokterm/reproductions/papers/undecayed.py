"""What groks without weight decay: Gromov's quadratic neurons, a norm that is held, StableMax and ⊥Grad."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from grokterm.presets import preset_values
from grokterm.reproductions.claims import Claim, Figures, Reproduction, Scale
from grokterm.reproductions.evidence import ratios
from grokterm.reproductions.figures import last, share
from grokterm.reproductions.rules import at_least, at_most
from grokterm.reproductions.studies import Study, Swept, Trained

_GROMOV: Final = "Gromov 2023 (2301.02679)"
_OMNIGROK: Final = "Liu et al. 2023, Omnigrok (2210.01117)"
_EDGE: Final = "Prieto et al. 2025 (2501.04697)"


def _gromov_studies(scale: Scale) -> Sequence[Study]:
    given = preset_values("gromov")
    closed = given | {"init": "closed-form", "width": 2048, "until": 1, "measure_every": 0, "lr": 0.0}
    return [
        Trained("closed form", closed),
        Swept("trained", given | {"train_fraction": 0.5, "max_steps": 10_000, "measure_every": 0}, ("loss=mse",)),
    ]


def _gromov_claims(scale: Scale) -> Sequence[Claim]:
    return [
        Claim(
            "accuracy of the closed form on all pairs, width 2,048, no training",
            f"{_GROMOV}, 3.1",
            "100 %",
            lambda found: [run.at("test_accuracy", 0) for run in found.runs("closed form")],
            "share",
            at_least(1, 0.99),
        ),
        Claim(
            "quadratic neurons on the squared error grok without weight decay",
            f"{_GROMOV}, 4",
            "they do",
            share("trained"),
            "share",
            at_least(1, 0.5),
        ),
        Claim(
            "memorized step over grokked step of quadratic neurons on the squared error",
            f"{_GROMOV}, figure 3",
            "well before",
            _over("trained", "memorized_step", "grokked_step_99"),
            "number",
            at_most(0.5, 0.8),
        ),
    ]


def _omnigrok_studies(scale: Scale) -> Sequence[Study]:
    given = preset_values("omnigrok") | {"train_fraction": 0.5, "max_steps": 5000, "measure_every": 0}
    free = given | {"norm_clamp": 0.0, "weight_decay": 1.0}
    return [Swept("held", given, ("norm_clamp=0.8",)), Swept("free", free, ("norm_clamp=0",))]


def _omnigrok_claims(scale: Scale) -> Sequence[Claim]:
    return [
        Claim(
            "grokked step (≥ 95 %) over memorized step, norm held at .8",
            f"{_OMNIGROK}, figure 5",
            "train and test rise together",
            _over("held", "grokked_step_95", "memorized_step"),
            "times",
            at_most(2, 4),
        ),
        Claim(
            "grokked step (≥ 95 %) over memorized step, norm free, weight decay 1",
            f"{_OMNIGROK}, figure 5",
            "delayed",
            _over("free", "grokked_step_95", "memorized_step"),
            "times",
            at_least(3, 2),
        ),
    ]


def _edge_studies(scale: Scale) -> Sequence[Study]:
    grad = preset_values("edge") | {"measure_every": 100}
    plain = grad | {"filter": "none"}
    softmax, stable, orthogonal = (2000, 3000, 1000) if scale.quick else (80_000, 80_000, 5000)
    return [
        Trained("softmax", plain | {"until": softmax}),
        Trained("stablemax", plain | {"loss": "stablemax", "until": stable}),
        Trained("orthograd", grad | {"until": orthogonal}),
    ]


def _edge_claims(scale: Scale) -> Sequence[Claim]:
    return [
        Claim(
            "training samples whose softmax has collapsed, cross-entropy without decay",
            f"{_EDGE}, figure 2",
            "most of them",
            last("softmax", "softmax_collapse"),
            "share",
            at_least(0.8, 0.5),
        ),
        Claim(
            "test accuracy at the end, cross-entropy without decay",
            f"{_EDGE}, figure 2",
            "stays low",
            last("softmax", "test_accuracy"),
            "share",
            at_most(0.5, 0.8),
        ),
        Claim(
            "test accuracy at the end with StableMax",
            f"{_EDGE}, figure 4",
            "100 %",
            last("stablemax", "test_accuracy"),
            "share",
            at_least(0.95, 0.8),
        ),
        Claim(
            "test accuracy at the end with ⊥Grad",
            f"{_EDGE}, figure 5",
            "100 %",
            last("orthograd", "test_accuracy"),
            "share",
            at_least(0.95, 0.8),
        ),
    ]


def _over(study: str, one: str, other: str) -> Figures:
    """The step of a milestone over that of another, seed by seed."""
    return lambda found: ratios(found.sweep(study).steps(one), found.sweep(study).steps(other))


_WHY_GROMOV: Final = "All figures agree. The closed form has 2,048 neurons; with fewer its accuracy is below 100 %."
_WHY_OMNIGROK: Final = (
    "The source has another transformer and draws curves without figures; the ratio is what its figure shows. "
    "The perceptron on one-hot pairs was tried first: at .8 of the norm that it begins with it cannot even "
    "learn its training pairs, as that norm is small."
)
REPRODUCTIONS: Final = (
    Reproduction(
        "gromov", "a closed form, and grokking without decay", _GROMOV, _gromov_studies, _gromov_claims, why=_WHY_GROMOV
    ),
    Reproduction(
        "omnigrok", "no delay where the norm is held", _OMNIGROK, _omnigrok_studies, _omnigrok_claims, why=_WHY_OMNIGROK
    ),
    Reproduction("edge", "softmax collapse, and what groks in spite of it", _EDGE, _edge_studies, _edge_claims, 2),
)
