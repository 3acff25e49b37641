"""Forecasts over the course of a run: the one that stands at a step, those made before it, and what a change would do.

Forecasts are made at sets of measures, at milestones and at changes; each is kept, for a screen asks again and again.
"""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from typing import Final
from weakref import WeakKeyDictionary

import numpy as np

from grokterm.config import Value
from grokterm.errors import reason_of
from grokterm.forecast.forecast import Forecast, Silence, forecast_of
from grokterm.milestones import GROKKED, MEMORIZED
from grokterm.runs.columns import Floats
from grokterm.runs.history import History
from grokterm.sentences import FORECAST

MOST_PAST: Final = 80
"""Past forecasts of a run at most."""
_KEPT: Final = 512
"""Forecasts of a run that are kept; those not asked for the longest are left out first."""
_made: WeakKeyDictionary[History, dict[tuple[object, ...], Forecast | Silence]] = WeakKeyDictionary()


def standing(history: History, step: int | None = None, given: Mapping[str, Value] | None = None) -> Forecast | Silence:
    """The forecast that stands after `step`, before what is changed there, or now; with `given` settings, what if.

    Raises ConfigError for settings that a run cannot have.
    """
    count = len(history.changes) if step is None else changes_before(history, step)
    return made(history, _ground(history, step, count), count, given or {})


def made(history: History, end: int, changes: int, given: Mapping[str, Value]) -> Forecast | Silence:
    """That after the last record up to step `end`, with the first `changes` of the run's and with `given` settings.

    It is silent, too, where the numbers that come with grokterm cannot be read.
    """
    events = bisect_right(history.events, end, key=lambda event: event.step)
    kept = _made.setdefault(history, {})
    key = (end, changes, events, *given.items())
    found = kept.pop(key, None)
    if found is None:
        values: dict[str, Value] = {}
        start = 0
        for change in history.changes[:changes]:
            values |= change.values
            start = change.step if change.rebuilt else start
        config = history.first_config.changed({**values, **given})
        try:
            found = forecast_of(history, config, start, end)
        except OSError as error:
            return Silence(FORECAST["unreadable"].words(reason=reason_of(error)))
        if len(kept) >= _KEPT:
            del kept[next(iter(kept))]
    kept[key] = found
    return found


def past(history: History) -> list[Forecast]:
    """Those that stood after sets of measures of the present model, from memorization to grokking or now.

    They are evenly spaced, at most `MOST_PAST`, and the newest; where there was none, none stands.
    """
    memorized, grokked = (history.milestones[milestone.step_name] for milestone in (MEMORIZED, GROKKED))
    if memorized is None:
        return []
    measured = measured_steps(history)
    first, last = np.searchsorted(measured, [memorized, math.inf if grokked is None else grokked]).tolist()
    stride = 1
    while (last - first) // stride >= MOST_PAST - 1:
        stride *= 2
    at = sorted({*range(first + -first % stride, last, stride), *range(max(first, last - 1), last)})
    found = [standing(history, int(measured[place])) for place in at]
    return [forecast for forecast in found if isinstance(forecast, Forecast)]


def measured_steps(history: History) -> Floats:
    """The steps at which there are sets of measures, rising, [n]."""
    return history.progress("restricted_loss")[0]


def changes_before(history: History, step: float) -> int:
    """How many changes were made before a step."""
    return bisect_left(history.changes, step, key=lambda change: change.step)


def _ground(history: History, step: int | None, changes: int) -> int:
    """The last step, up to one, at which a forecast is made: of measures, of a milestone, or of the last change."""
    end = math.inf if step is None else step
    measured = measured_steps(history)
    at = int(np.searchsorted(measured, end, side="right"))
    milestones = [e.step for e in history.events if e.name in (MEMORIZED.event, GROKKED.event) and e.step <= end]
    last = [change.step for change in history.changes[:changes][-1:]]
    return max([0, *map(int, measured[max(at - 1, 0) : at]), *last, *milestones])
