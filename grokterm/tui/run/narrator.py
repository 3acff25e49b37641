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
from grokterm.runs.history import CIRCUIT_PHASES, History
from grokterm.surgery import component_labels, key_words
from grokterm.troubles import TRAINING_TROUBLES
from grokterm.wire.records import Event, EventName

TENTH: Final = 0.1
"""Share of ln p below which the restricted loss of test pairs is told of …"""
STILL_WRONG: Final = 0.5
"""… as long as test accuracy is below this."""
EXCLUDED_RISES: Final = 2.0
"""Times its least value at which the excluded loss is told of …"""
EXCLUDED_BY: Final = 0.1
"""… and nats above it, at least."""
LIGHTER: Final = 0.8
"""Share of its peak below which Σθ² is told of, once the training pairs are memorized."""
COLLAPSED_SHARE: Final = 0.5
"""Share of the training pairs without a gradient that is told of."""
SPIKE: Final = 10.0
"""Times the loss of the records before it that a spike reaches …"""
SPIKE_LOSS: Final = 0.01
"""… in nats, at least."""
_BEFORE_SPIKE: Final = 10
_APART: Final = 500
"""Steps from one spike that is told of to the next."""
_MOST_SPIKES: Final = 20
_MOST_KEYS: Final = 6

_EVENTS: Final[dict[EventName, tuple[str, str, str]]] = {
    "memorized": ("train accuracy passed 99 %, test accuracy is {test}", "memorized by heart", "memorizing"),
    "generalizing": ("{numbers}", "the rule answers pairs never seen", "generalizing"),
    "memorizing": ("{numbers}", "back to memorizing", "memorizing"),
    "grokked": ("test accuracy reached 99 %", "grokked", "grokked"),
    "collapsed": ("test accuracy fell below 90 %", "what was grokked has collapsed", "collapsed"),
    "not_finite": ("the loss is no longer finite", "training cannot go on like this", "error"),
    "circuit_formation": ("{numbers}", "a circuit begins to form", "generalizing"),
    "clean_up": ("{numbers}", "memory is cleaned up", "grokked"),
    "memorization": ("{numbers}", "the circuit is lost", "memorizing"),
}


_TOLD_BY_WATCHMAN: Final = frozenset(TRAINING_TROUBLES) - _EVENTS.keys()
"""Troubles that have no sentence of the narrator's own."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """Something that happened at a step: what, what it means, and the palette's meaning that colours it."""

    step: int
    what: str
    meaning: str
    color: str
    logged: bool = False
    """Whether it is an event of the log."""

    @property
    def words(self) -> str:
        """The whole sentence."""
        return f"{self.what}: {self.meaning}"


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
    found: list[Sentence] = []
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
            what, meaning, color = _EVENTS[event.name]
            numbers = _numbers(event)
            test = _percent(model.test_accuracy(event.step))
            yield Sentence(event.step, what.format(test=test, numbers=numbers), meaning, color, logged=True)


def _restricted(model: _Model) -> Iterator[Sentence]:
    steps, losses = model.progress("restricted_test_loss")
    at = _first((losses <= TENTH * np.log(model.history.config.p)) & _has_circuit(model, steps))
    if at is not None and (test := model.test_accuracy(steps[at])) < STILL_WRONG:
        still = "still " if test < STILL_WRONG / 5 else ""
        what = f"restricted loss of test pairs is a tenth of ln p while test accuracy is {still}{_percent(test)}"
        yield Sentence(int(steps[at]), what, "the key frequencies alone know the answers", "generalizing")


def _excluded(model: _Model) -> Iterator[Sentence]:
    steps, losses = model.progress("excluded_loss")
    if not np.isfinite(losses).any():
        return
    least = np.fmin.accumulate(losses)
    rose = (losses >= EXCLUDED_RISES * least) & (losses >= least + EXCLUDED_BY)
    at = _first(rose & _has_circuit(model, steps))
    if at is not None:
        what = f"excluded loss rose from {least[at]:.2g} to {losses[at]:.2g}"
        yield Sentence(int(steps[at]), what, "training pairs are answered by the circuit now", "generalizing")


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
            do = "stand" if len(keys) > 1 else "stands"
            yield Sentence(step, f"{what} {named}{more} {do} out", "an estimate that may change", "key")
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
        what = f"Σθ² fell by {_percent(1 - LIGHTER)} from its peak"
        yield Sentence(int(steps[at]), what, "weight decay clears away what is not needed", "grokked")


def _softmax(model: _Model) -> Iterator[Sentence]:
    steps, shares = model.progress("softmax_collapse")
    at = _first(shares >= COLLAPSED_SHARE)
    if at is not None:
        what = f"the softmax of {_percent(float(shares[at]))} of the training pairs is exactly 1"
        yield Sentence(int(steps[at]), what, "as sure as the float can tell (softmax collapse)", "grokked")


def _spikes(model: _Model) -> Iterator[Sentence]:
    steps, losses = model.column("train_loss")
    others = [c.step for c in model.history.changes if {"loss", "temperature"} & c.values.keys()]
    kept = steps > max(others, default=-1)  # of another loss, numbers are no rise
    steps, losses = steps[kept], losses[kept]
    if losses.size <= _BEFORE_SPIKE:
        return
    windows = np.lib.stride_tricks.sliding_window_view(losses[:-1], _BEFORE_SPIKE)
    before = np.fmax.reduce(windows, axis=1)
    high = np.flatnonzero((losses[_BEFORE_SPIKE:] >= SPIKE * before) & (losses[_BEFORE_SPIKE:] >= SPIKE_LOSS))
    last, told = -np.inf, 0
    for at in (high + _BEFORE_SPIKE).tolist():
        if steps[at] - last >= _APART and told < _MOST_SPIKES:
            last, told = steps[at], told + 1
            what = f"train loss rose more than {SPIKE:.0f}-fold to {losses[at]:.2g}"
            yield Sentence(int(steps[at]), what, "a loss spike (slingshot)", "warning")


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
