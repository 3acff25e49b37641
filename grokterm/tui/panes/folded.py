"""The curves of runs that differ by their seed alone, as one: their median and a band around it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from grokterm.runs.columns import Floats
from grokterm.sweeps.summaries import band, common_steps, held

_POINTS: Final = 400
"""Points of a band at most: two a cell of a plot across the widest screens."""


def median_and_band(
    members: Sequence[tuple[Floats, Floats]], ended: Sequence[bool], whole: bool = True
) -> tuple[Floats, Floats, tuple[Floats, Floats]]:
    """Steps, the median there, and the ends of the 10–90 % band, each [n], of curves of different lengths.

    As for a sweep, a run that has `ended` by its goal keeps its last value, and one that has none yet counts for
    nothing. What another run would do beyond its last step is not known: there the band ends. Seconds in the place of
    steps need not be `whole`.
    """
    known = [(*_rising(*member), done) for member, done in zip(members, ended, strict=True) if member[0].size]
    last = min((steps[-1] for steps, _, done in known if not done), default=np.inf)
    curves = [(steps, values) for steps, values, _ in known]
    steps = common_steps([np.minimum(steps, last) for steps, _ in curves], _POINTS, whole)
    if not curves:
        return steps, steps, (steps, steps)
    low, median, high = band(np.array([held(steps, *curve) for curve in curves]))
    return steps, median, (low, high)


def _rising(steps: Floats, values: Floats) -> tuple[Floats, Floats]:
    """A curve in the order of its steps: those of a log may go back where a trainer died."""
    size = min(steps.size, values.size)
    order = np.argsort(steps[:size], kind="stable")
    return steps[order], values[order]
