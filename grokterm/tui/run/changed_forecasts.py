"""What is expected of a run after a change: told once for every change that the forecast depends on."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Final

from grokterm.config import short_label
from grokterm.milestones import MEMORIZED
from grokterm.number_format import spelled
from grokterm.runs.history import History
from grokterm.sentences import FORECAST, Sentence
from grokterm.tui.run.forecasts import may_be_forecast
from grokterm.wire.records import Change

if TYPE_CHECKING:
    from grokterm.forecast.forecast import Forecast

_CHANGED: Final = ("weight_decay", "lr", "train_fraction", "corrupt")
"""Settings whose change is told of."""
_DIGITS: Final = 4


def forecasts_of_changes(history: History) -> Iterator[Sentence]:
    """A sentence at the step of each change, or at that of memorization where that comes later; none while silent.

    Only what was logged by then counts, so that a longer log tells the same.
    """
    if not may_be_forecast(history):
        return
    ends = [at for at, change in enumerate(history.changes) if change.rebuilt or _concerns(change)]
    for at, until in zip_longest(ends, ends[1:]):
        change = history.changes[at]
        if _concerns(change) and (found := _made(history, at, until)) is not None:
            step, forecast = found
            names = [name for name in _CHANGED if _is_other(change, name)]
            new = " and ".join(f"{short_label(name)} {spelled(change.values[name], _DIGITS)}" for name in names)
            old = " and ".join(spelled(change.old[name], _DIGITS) for name in names)
            yield FORECAST["changed"].at(step, new=new, old=old, when=forecast.when)


def _made(history: History, at: int, until: int | None) -> tuple[int, Forecast] | None:
    """The first forecast after the change of a number `at`, up to that of the number `until`, and its step."""
    from grokterm.forecast.course import changes_before, made
    from grokterm.forecast.forecast import Forecast

    change, last = history.changes[at], history.last
    found = made(history, change.step, at + 1, {})
    if isinstance(found, Forecast):
        return change.step, found
    end = last.step - 1 if last else 0  # what else happens at a step is logged before the next one's measures
    end = min(end, history.changes[until].step) if until is not None else end
    later = (e.step for e in history.events if e.name == MEMORIZED.event and change.step < e.step <= end)
    step = next(later, None)
    if step is None:
        return None
    count = max(at + 1, changes_before(history, step))
    found = made(history, step, count if until is None else min(count, until), {})
    return (step, found) if isinstance(found, Forecast) else None


def _concerns(change: Change) -> bool:
    """Whether it is a change of settings alone, the model staying, that forecasts depend on."""
    stays = not change.rebuilt and change.ablation is None and change.rewind is None
    return stays and any(_is_other(change, name) for name in _CHANGED)


def _is_other(change: Change, name: str) -> bool:
    return name in change.values and name in change.old and change.values[name] != change.old[name]
