"""Kitouni's notebook: two embeddings side by side, p 53, which weight decay 5 lets generalize at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final

from grokterm.presets import preset_values
from grokterm.reproductions.claims import DASH, Claim, Reproduction, Scale
from grokterm.reproductions.evidence import Evidence, ratios
from grokterm.reproductions.rules import at_least, at_most
from grokterm.reproductions.studies import Study, Swept, Trained

_SOURCE: Final = "Kitouni, notebook on grokking"
_WIDTHS: Final = (128, 256)
"""Of 32 and 64 neurons none generalizes in so few steps, so that their circles are not defined."""
_COMPREHENSION: Final = 1000
"""Steps of delay below which a run comprehends, and does not grok (Liu et al. 2022)."""


def studies(scale: Scale) -> Sequence[Study]:
    """A sweep of weight decay, and runs of three widths with all measures."""
    given = preset_values("kitouni")
    whole = given | {"until": 2000, "measure_every": 50}
    return [
        Swept("decay", given | {"max_steps": 30_000, "measure_every": 0}, ("wd=0.03,5",)),
        *(Trained(f"width {width}", whole | {"width": width, "d_model": width}) for width in _WIDTHS),
    ]


def claims(scale: Scale) -> Sequence[Claim]:
    """Of both delays, and of circles on the axes of the end."""
    return [
        Claim(
            "delay at weight decay 5",
            f"{_SOURCE}; Liu et al. 2022 (2205.10343)",
            "at once: comprehension",
            lambda found: found.sweep("decay").delays(wd=5.0),
            "steps",
            at_most(_COMPREHENSION, 2000),
        ),
        Claim(
            "delay at weight decay .03",
            f"{_SOURCE}; Liu et al. 2022 (2205.10343)",
            "late: grokking",
            _late,
            "steps",
            at_least(_COMPREHENSION, 500),
        ),
        Claim(
            "delay at weight decay .03 over that at 5",
            _SOURCE,
            DASH,
            lambda found: ratios(found.sweep("decay").delays(wd=0.03), found.sweep("decay").delays(wd=5.0)),
            "times",
            at_least(5, 2),
        ),
        Claim(
            "circularity of the embeddings at the end, width 128",
            f"{_SOURCE}; Zhong et al. 2023 (2306.17844)",
            "a circle on the first two axes",
            lambda found: _circles(found, 128),
            "number",
            at_least(0.7, 0.5),
        ),
        Claim(
            "circularity at width 256 over that at width 128",
            _SOURCE,
            "better with width",
            lambda found: ratios(*(_circles(found, width) for width in reversed(_WIDTHS))),
            "times",
            at_least(1.0, 0.9),
        ),
    ]


def _late(found: Evidence) -> list[float]:
    """Delays; of a run that never grokked nothing is known but that it is longer than its budget."""
    sweep = found.sweep("decay")
    return [
        delay if math.isfinite(delay) else float(run.step)
        for delay, run in zip(sweep.delays(wd=0.03), sweep.runs(wd=0.03), strict=True)
    ]


def _circles(found: Evidence, width: int) -> list[float]:
    return [run.last("circularity") for run in found.runs(f"width {width}")]


_WHY: Final = (
    "Both regimes come out. The circularity of the mean embedding lies just below the threshold at the width "
    "of the source: weight decay 5 leaves several frequencies in the first four components. Networks of 32 "
    "and 64 neurons do not generalize within 2,000 steps at weight decay 5, so that widths are compared "
    "upwards."
)
REPRODUCTION: Final = Reproduction(
    "kitouni", "weight decay 5 generalizes at once, and .03 late", _SOURCE, studies, claims, why=_WHY
)
