"""The rate at which a run trains, by the seconds of its records."""

from __future__ import annotations

from typing import Final

import numpy as np

from grokterm.runs.history import History

WINDOW: Final = 1.0
"""Seconds of training over which a rate is taken, at least."""


def best_rate(history: History) -> float:
    """The most steps a second over a window of training; 0 before there is one."""
    steps, seconds = history.column("step"), history.column("seconds")
    ends = np.searchsorted(seconds, seconds + WINDOW)
    inside = ends < len(seconds)
    if not inside.any():
        return 0.0
    starts, ends = np.nonzero(inside)[0], ends[inside]
    took = seconds[ends] - seconds[starts]
    return float(((steps[ends] - steps[starts]) / took).max())
