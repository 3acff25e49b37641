"""How a run comes to generalize: milestones, delay, gap, and where test accuracy rises fastest and bends most."""

from __future__ import annotations

from typing import Final, NamedTuple

import msgspec
import numpy as np

from grokterm.milestones import GROKKED, MEMORIZED, phase_accuracies
from grokterm.runs.columns import Floats
from grokterm.runs.history import History

SMOOTHED_OVER: Final = 1 / 20
"""Window of the moving average of test accuracy: a share of the steps until it is highest, one record at least."""


class Peak(NamedTuple):
    """Where something is largest."""

    step: int
    value: float
    window: int
    """Steps over which test accuracy was averaged for it."""


class Emergence(msgspec.Struct, frozen=True, kw_only=True):
    """How the present model of a run has come to generalize, in steps; None where something has not come about."""

    memorized_step: int | None = None
    grokked_step_90: int | None = None
    grokked_step_95: int | None = None
    grokked_step_99: int | None = None
    delay: int | None = None
    """grokked_step_99 − memorized_step."""
    generalization_gap: float | None = None
    """Train accuracy − test accuracy of the last record."""
    acceleration_step: int | None = None
    acceleration_window: int | None = None
    """Steps over which test accuracy was averaged for it."""


class _Curve(NamedTuple):
    """Test accuracy at the steps [n] of its records, averaged over a window, up to where it is highest."""

    steps: Floats
    values: Floats
    window: float
    inside: Floats
    """Steps from which a window can be looked ahead and back to averages of whole windows."""


def emergence(history: History) -> Emergence:
    """How a run generalizes, by its log."""
    bend, last = acceleration(history), history.last
    return Emergence(
        **history.milestones,
        delay=delay(history),
        generalization_gap=last.train_accuracy - last.test_accuracy if last else None,
        acceleration_step=bend.step if bend else None,
        acceleration_window=bend.window if bend else None,
    )


def delay(history: History) -> int | None:
    """Steps from memorization to grokking (test accuracy ≥ .99); None as long as one is missing."""
    memorized, grokked = (history.milestones[milestone.step_name] for milestone in (MEMORIZED, GROKKED))
    return None if memorized is None or grokked is None else grokked - memorized


def generalization_gap(history: History) -> Floats:
    """Train accuracy minus test accuracy of every Scalars record, [n]."""
    return history.column("train_accuracy") - history.column("test_accuracy")


def rate_of_change(steps: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Difference per step between records that follow each other, at the later one: steps and rates [n − 1]."""
    ahead = np.diff(steps)
    with np.errstate(divide="ignore", invalid="ignore"):
        return steps[1:], np.where(ahead > 0, np.diff(values) / ahead, np.nan)


def acceleration(history: History) -> Peak | None:
    """The maximum acceleration step: where the second difference of test accuracy is largest, per step².

    The second difference of single records is noise on the plateau, so it is taken of a centred moving average,
    S(t + w) − 2 S(t) + S(t − w) over w², with the window w of `SMOOTHED_OVER` both times; where values rise after it,
    for the end of a fall, as from the luck of the first weights, is none. Looked at is the present model up to its
    highest test accuracy; None until that is above .2, or where nothing rises.
    """
    curve = _curve(history)
    if curve is None:
        return None
    before, now, after = (_at(curve, shift) for shift in (-curve.window, 0, curve.window))
    return _peak(curve, np.where(after > now, after - 2 * now + before, -np.inf) / curve.window**2)


def fastest(history: History) -> Peak | None:
    """The step at which test accuracy rises fastest, and that rate per step: of the same average, over its window."""
    curve = _curve(history)
    if curve is None:
        return None
    return _peak(curve, (_at(curve, curve.window / 2) - _at(curve, -curve.window / 2)) / curve.window)


def _curve(history: History) -> _Curve | None:
    """The averaged test accuracy of the present model; None where there is too little of it, or no rise."""
    rebuilt = max((change.step for change in history.changes if change.rebuilt), default=-1)
    steps, values = history.column("step"), history.column("test_accuracy")
    kept = np.isfinite(values) & (steps > rebuilt) & np.r_[True, np.diff(steps) > 0][: len(steps)]
    steps, values = steps[kept], values[kept]
    if len(steps) < 3 or values.max() <= phase_accuracies(history.config.chance)[0]:
        return None
    top, apart = steps[values.argmax()], float(np.median(np.diff(steps)))
    window = max(float(round(SMOOTHED_OVER * (top - steps[0]))), apart)
    half = window / 2 if window > apart else 0.0
    sums = np.r_[0.0, np.cumsum(values, dtype=np.float64)]
    first, behind = np.searchsorted(steps, steps - half), np.searchsorted(steps, steps + half, side="right")
    averages = (sums[behind] - sums[first]) / (behind - first)
    seen = (steps - window - half >= steps[0]) & (steps + window + half <= steps[-1]) & (steps <= top)
    return _Curve(steps, averages, window, steps[seen])


def _at(curve: _Curve, shift: float) -> Floats:
    return np.asarray(np.interp(curve.inside + shift, curve.steps, curve.values))


def _peak(curve: _Curve, of: Floats) -> Peak | None:
    if not len(of) or of.max() <= 0:
        return None
    best = int(of.argmax())
    return Peak(int(curve.inside[best]), float(of[best]), round(curve.window))
