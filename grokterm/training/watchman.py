"""The watchman's rules for training: which troubles follow from the records, and which steps were good."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import deque
from typing import Final

from grokterm.milestones import GAUGED_ACCURACY, GROKKED, MEMORIZED
from grokterm.troubles import (
    AFTER_SPIKE,
    BEFORE_SPIKE,
    GROWTH_IN_MEMORIZING,
    SPIKE,
    SPIKE_GROWTH,
    SPIKE_LOSS,
    SPIKES_WITHIN,
    TROUBLES,
    Hysteresis,
    TrainingTroubleName,
)
from grokterm.wire.records import Change, Event, Progress, Scalars, TrainingRecord

GOOD_WITHIN: Final = 0.02
"""How far below the best ones the accuracies of a good step may be."""


class Watchman:
    """Troubles by the records so far; feeding it a log's records again restores it."""

    def __init__(self, watching: bool) -> None:
        self.watching = watching
        """Whether what it recognises is told."""
        self.rewinds = 0
        """Times that the present model was rewound."""
        self._softmax, self._slingshot, self._norm = (
            Hysteresis(TROUBLES[name]) for name in ("softmax_collapse", "slingshot", "runaway_norm")
        )
        self.restart()

    def restart(self) -> None:
        """Begins anew for a model that was rebuilt."""
        self.rewinds = 0
        self._memorized = False
        self._begin_good()
        self._look_anew()

    def update(self, record: TrainingRecord) -> list[Event]:
        """The troubles that the next record brings about, as events."""
        found: list[Event] = []
        match record:
            case Scalars():
                found = self._of_scalars(record)
            case Progress():
                share = record.softmax_collapse if self._test_accuracy < GAUGED_ACCURACY else 0.0
                if self._softmax.update(share):
                    found = [_event(record.step, "softmax_collapse", f"{100 * (share or 0):.0f} %")]
            case Change():
                self._change(record)
        return found if self.watching else []

    def is_good(self, step: int) -> bool:
        """Whether a step lies between records of the present model in a row none of which was in trouble."""
        at = bisect_right(self._good, step, key=lambda stretch: stretch[0]) - 1
        return at >= 0 and step <= self._good[at][1]

    def _change(self, change: Change) -> None:
        self.watching = change.values.get("on_trouble", "tell" if self.watching else "off") != "off"
        if change.rebuilt:
            self.restart()
            return
        if {"train_fraction", "train_size", "corrupt"} & change.values.keys():
            self._begin_good()  # accuracies of other pairs say nothing about these
        if change.rewind is not None:
            self.rewinds += 1
            self._look_anew()
        if {"loss", "temperature"} & change.values.keys():
            self._losses.clear()

    def _begin_good(self) -> None:
        self._best = (0.0, 0.0)
        self._good: list[tuple[int, int]] = []
        """First and last steps of good records in a row."""
        self._goes_on = False

    def _look_anew(self) -> None:
        """Forgets what it had looked at: what comes is of another model, or of one of before."""
        for rule in (self._softmax, self._slingshot, self._norm):
            rule.restart()
        self._losses: deque[float] = deque(maxlen=BEFORE_SPIKE)
        self._spikes: deque[int] = deque()
        self._rising: tuple[float, int] | None = None
        """Σθ² before a spike, and the records since."""
        self._squares = math.nan
        self._usual = math.inf
        """What Σθ² is compared with."""
        self._test_accuracy = 0.0
        self._goes_on = False

    def _of_scalars(self, record: Scalars) -> list[Event]:
        squares = math.nan if record.sum_squared_weights is None else record.sum_squared_weights
        self._test_accuracy = record.test_accuracy
        self._memorized = self._memorized or MEMORIZED.reached(record.train_accuracy)
        found: list[Event] = []
        growth = self._growth(squares)
        if self._norm.update(growth):
            found.append(_event(record.step, "runaway_norm", f"{growth:.0f}"))
        self._note_spike(record, squares)
        while self._spikes and self._spikes[0] <= record.step - SPIKES_WITHIN:
            self._spikes.popleft()
        if self._slingshot.update(len(self._spikes)):
            found.append(_event(record.step, "slingshot", str(len(self._spikes))))
        self._squares = squares
        self._note_good(record, growth, bool(found) or self._rising is not None)
        return found

    def _growth(self, squares: float) -> float:
        """Σθ² over what is its usual size."""
        if squares > 0 and (self._memorized or math.isinf(self._usual)):
            own = squares if self._memorized else GROWTH_IN_MEMORIZING * squares
            self._usual = min(self._usual, own)
        return squares / self._usual

    def _note_spike(self, record: Scalars, squares: float) -> None:
        """Counts a spike of the train loss as soon as Σθ² has grown with it."""
        loss = math.inf if record.train_loss is None else record.train_loss
        full = len(self._losses) == BEFORE_SPIKE
        if self._rising is not None:
            before, passed = self._rising
            if squares >= SPIKE_GROWTH * before:
                self._spikes.append(record.step)
            self._rising = None if squares >= SPIKE_GROWTH * before or passed >= AFTER_SPIKE else (before, passed + 1)
        elif self._memorized and full and loss >= max(SPIKE_LOSS, SPIKE * max(self._losses)):
            self._rising = (self._squares, 1)
        self._losses.append(loss)

    def _note_good(self, record: Scalars, growth: float, in_trouble: bool) -> None:
        accuracies = record.train_accuracy, record.test_accuracy
        self._best = max(self._best[0], accuracies[0]), max(self._best[1], accuracies[1])
        near = all(now >= best - GOOD_WITHIN for now, best in zip(accuracies, self._best, strict=True))
        if GROKKED.reached(self._best[1]):
            near = near and GROKKED.reached(record.test_accuracy)
        finite = None not in (record.train_loss, record.sum_squared_weights)
        if in_trouble or not (near and finite) or growth > TROUBLES["runaway_norm"].over_at:
            self._goes_on = False
        elif self._good and self._goes_on:
            self._good[-1] = (self._good[-1][0], record.step)
        else:
            self._good.append((record.step, record.step))
            self._goes_on = True


def _event(step: int, name: TrainingTroubleName, number: str) -> Event:
    return Event(step, name, TROUBLES[name].words(number))
