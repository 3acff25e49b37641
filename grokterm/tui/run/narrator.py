"""What happens in a run, told in sentences: read from its log alone, so that what was said once stays said."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

import numpy as np

from grokterm.runs.columns import Floats
from grokterm.runs.history import CIRCUIT_PHASES, PHASES, History
from grokterm.sentences import (
    BEFORE_SPIKE,
    COLLAPSED_SHARE,
    EXCLUDED_BY,
    EXCLUDED_RISES,
    LIGHTER,
    MOST_SPIKES,
    NARRATOR,
    SPIKE,
    SPIKE_LOSS,
    SPIKES_APART,
    STILL_WRONG,
    TENTH,
    Sentence,
)
from grokterm.surgery import component_labels, key_words
from grokterm.troubles import TRAINING_TROUBLES
from grokterm.tui.run.changed_forecasts import forecasts_of_changes
from grokterm.wire.records import Event

_MOST_KEYS: Final = 6
_EVENTS: Final = frozenset({*PHASES, *CIRCUIT_PHASES, "memorized", "not_finite"})
"""Events of the log that have a sentence of the narrator's own."""
_TOLD_BY_WATCHMAN: Final = frozenset(TRAINING_TROUBLES) - NARRATOR.keys()
"""Troubles that have no sentence of the narrator's own."""


@dataclass(frozen=True, slots=True)
class _Model:
    """The part of a history in which one model was trained."""

    history: History
    first: int
    last: float

    def column(self, name: str) -> tuple[Floats, Floats]:
        """Steps and values of one number of the log."""
        return self._within(self.history.column("step"), self.history.column(name))

    def progress(self, name: str) -> tuple[Floats, Floats]:
        """Steps and values of one progress measure."""
        return self._within(*self.history.progress(name))

    def test_accuracy(self, step: float) -> float:
        """That of the last record up to a step; NaN before the first."""
        steps, values = self.column("test_accuracy")
        at = int(np.searchsorted(steps, step, side="right")) - 1
        return float(values[at]) if at >= 0 else float("nan")

    def contains(self, step: int) -> bool:
        """Whether something at a step concerns this model; at the step of a rebuild that is still the one before."""
        return (step > self.first or step == self.first == 0) and step <= self.last

    def _within(self, steps: Floats, values: Floats) -> tuple[Floats, Floats]:
        low = int(np.searchsorted(steps, self.first, side="right")) if self.first else 0
        high = int(np.searchsorted(steps, self.last, side="right"))
        return steps[low:high], values[low:high]


def sentences(history: History) -> tuple[Sentence, ...]:
    """All that there is to tell, the oldest first; a longer history only adds to it."""
    return _told(history, history.version) if history.version else ()


def newest(history: History, step: float = math.inf) -> Sentence | None:
    """The last sentence up to a step."""
    return next((told for told in reversed(sentences(history)) if told.step <= step), None)


@lru_cache(maxsize=4)
def _told(history: History, version: int) -> tuple[Sentence, ...]:
    starts = [0, *sorted({change.step for change in history.changes if change.rebuilt})]
    found = list(forecasts_of_changes(history))
    for first, last in pairwise([*starts, math.inf]):
        model = _Model(history, int(first), last)
        for teller in _TELLERS:
            found += teller(model)
    return tuple(sorted(found, key=lambda told: told.step))


def _events(model: _Model) -> Iterator[Sentence]:
    for event in model.history.events:
        if event.name in _TOLD_BY_WATCHMAN and model.contains(event.step):
            what, _, advice = _numbers(event).rpartition("; ")
            yield Sentence(event.step, what, advice, "warning", logged=True)
        elif event.name in _EVENTS and model.contains(event.step):
            test = _percent(model.test_accuracy(event.step))
            yield NARRATOR[event.name].at(event.step, logged=True, test=test, numbers=_numbers(event))


def _restricted(model: _Model) -> Iterator[Sentence]:
    steps, losses = model.progress("restricted_test_loss")
    at = _first((losses <= TENTH * np.log(model.history.config.p)) & _has_circuit(model, steps))
    if at is not None and (test := model.test_accuracy(steps[at])) < STILL_WRONG:
        still = "still " if test < STILL_WRONG / 5 else ""
        yield NARRATOR["restricted"].at(int(steps[at]), test=f"{still}{_percent(test)}")


def _excluded(model: _Model) -> Iterator[Sentence]:
    steps, losses = model.progress("excluded_loss")
    if not np.isfinite(losses).any():
        return
    least = np.fmin.accumulate(losses)
    rose = (losses >= EXCLUDED_RISES * least) & (losses >= least + EXCLUDED_BY)
    at = _first(rose & _has_circuit(model, steps))
    if at is not None:
        yield NARRATOR["excluded"].at(int(steps[at]), least=f"{least[at]:.2g}", now=f"{losses[at]:.2g}")


def _has_circuit(model: _Model, steps: Floats) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Whether the phase by the progress measures says that a circuit is there, at each of the steps."""
    events = [event for event in model.history.events if event.name in CIRCUIT_PHASES and model.contains(event.step)]
    there = np.array([False, *(event.name != "memorization" for event in events)])
    return there[np.searchsorted([event.step for event in events], steps, side="right")]


def _keys(model: _Model) -> Iterator[Sentence]:
    for step, keys in model.history.key_frequencies:
        if keys and model.contains(step):
            what, labels = key_words(model.history.config.op, keys)
            named = ("" if component_labels(model.history.config.op) else "k = ") + ", ".join(labels[:_MOST_KEYS])
            more = f" and {len(keys) - _MOST_KEYS} more" if len(keys) > _MOST_KEYS else ""
            stand = "stand" if len(keys) > 1 else "stands"
            yield NARRATOR["keys"].at(step, frequencies=f"{what} {named}{more}", stand=stand)
            return


def _weights(model: _Model) -> Iterator[Sentence]:
    memorized = [e.step for e in model.history.events if e.name == "memorized" and model.contains(e.step)]
    if not memorized:
        return
    steps, squares = model.column("sum_squared_weights")
    later = steps >= memorized[0]
    steps, squares = steps[later], squares[later]
    if not squares.size:
        return
    at = _first(squares <= LIGHTER * np.fmax.accumulate(squares))
    if at is not None:
        yield NARRATOR["weights"].at(int(steps[at]))


def _softmax(model: _Model) -> Iterator[Sentence]:
    steps, shares = model.progress("softmax_collapse")
    at = _first(shares >= COLLAPSED_SHARE)
    if at is not None:
        yield NARRATOR["softmax"].at(int(steps[at]), share=_percent(float(shares[at])))


def _spikes(model: _Model) -> Iterator[Sentence]:
    steps, losses = model.column("train_loss")
    others = [c.step for c in model.history.changes if {"loss", "temperature"} & c.values.keys()]
    kept = steps > max(others, default=-1)  # of another loss, numbers are no rise
    steps, losses = steps[kept], losses[kept]
    if losses.size <= BEFORE_SPIKE:
        return
    windows = np.lib.stride_tricks.sliding_window_view(losses[:-1], BEFORE_SPIKE)
    before = np.fmax.reduce(windows, axis=1)
    high = np.flatnonzero((losses[BEFORE_SPIKE:] >= SPIKE * before) & (losses[BEFORE_SPIKE:] >= SPIKE_LOSS))
    last, told = -np.inf, 0
    for at in (high + BEFORE_SPIKE).tolist():
        if steps[at] - last >= SPIKES_APART and told < MOST_SPIKES:
            last, told = steps[at], told + 1
            yield NARRATOR["spike"].at(int(steps[at]), loss=f"{losses[at]:.2g}")


_TELLERS: Final[tuple[Callable[[_Model], Iterable[Sentence]], ...]] = (
    _events,
    _restricted,
    _excluded,
    _keys,
    _weights,
    _softmax,
    _spikes,
)


def _first(hits: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]) -> int | None:
    """Where the first hit is."""
    return int(hits.argmax()) if hits.any() else None


def _numbers(event: Event) -> str:
    """An event's words without its name."""
    return event.words.partition(": ")[2] or event.words


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
