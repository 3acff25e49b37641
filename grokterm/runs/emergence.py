"""How a run comes to generalize: rate of change, acceleration and gap, from the accuracies of its log."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from grokterm.runs.columns import Floats
from grokterm.runs.history import History


class Peak(NamedTuple):
    """Where something is largest."""

    step: int
    value: float


def rate_of_change(steps: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Difference per step between records that follow each other, at the later one: steps and rates [n − 1]."""
    ahead = np.diff(steps)
    with np.errstate(divide="ignore", invalid="ignore"):
        return steps[1:], np.where(ahead > 0, np.diff(values) / ahead, np.nan)


def acceleration(steps: Floats, values: Floats) -> Peak | None:
    """The step of the largest second difference after which values rise, and that difference per step².

    Records may lie at uneven steps; those that are not finite are left out. Of test accuracy this is the maximum
    acceleration step; the end of a fall, as from the luck of the first weights, is none. None where nothing rises.
    """
    kept = np.isfinite(values) & np.r_[True, np.diff(steps) > 0][: len(steps)]
    steps, values = steps[kept], values[kept]
    if len(steps) < 3:
        return None
    slopes = np.diff(values) / np.diff(steps)
    second = 2 * np.diff(slopes) / (steps[2:] - steps[:-2])
    rising = np.where(slopes[1:] > 0, second, -np.inf)
    at = int(rising.argmax())
    return Peak(int(steps[at + 1]), float(second[at])) if rising[at] > 0 else None


def fastest(steps: Floats, values: Floats) -> Peak | None:
    """The step of the largest rate of change, and that rate per step; None where nothing rises."""
    at, rates = rate_of_change(steps, values)
    if not np.isfinite(rates).any() or np.nanmax(rates) <= 0:
        return None
    best = int(np.nanargmax(rates))
    return Peak(int(at[best]), float(rates[best]))


def generalization_gap(history: History) -> Floats:
    """Train accuracy minus test accuracy of every Scalars record, [n]."""
    return history.column("train_accuracy") - history.column("test_accuracy")
