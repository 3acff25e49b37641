"""The phase of a run and its milestones, from the accuracies of the log's records in order."""

from __future__ import annotations

from typing import Literal

from grokterm.milestones import (
    COLLAPSED_ACCURACY,
    GENERALIZING_ACCURACY,
    GROKKED,
    GROKKED_90,
    GROKKED_95,
    MEMORIZED,
    MEMORIZING_ACCURACY,
    MilestoneEvent,
)

Phase = Literal["memorizing", "generalizing", "grokked", "collapsed"]
PhaseEvent = MilestoneEvent | Literal["generalizing", "memorizing", "collapsed"]


class PhaseTracker:
    """Phase with hysteresis and milestones that fire once; feeding it a log's records again restores it."""

    def __init__(self, thresholds: tuple[float, float] = (GENERALIZING_ACCURACY, MEMORIZING_ACCURACY)) -> None:
        """`thresholds` are those of `milestones.phase_accuracies`."""
        self._generalizing, self._memorizing = thresholds
        self.phase: Phase = "memorizing"
        self._reached: set[PhaseEvent] = set()

    def update(self, step: int, train_accuracy: float, test_accuracy: float) -> list[tuple[PhaseEvent, str]]:
        """Events (name, description) that begin with the record at `step`, accuracies 0 to 1; none at step 0."""
        if step == 0:
            return []
        events: list[tuple[PhaseEvent, str]] = []
        if MEMORIZED.reached(train_accuracy) and self._first(MEMORIZED.event):
            events.append((MEMORIZED.event, f"memorized: {MEMORIZED.happened}"))
        events += self._fall(test_accuracy)
        events += self._rise(test_accuracy)
        return events

    def restart(self) -> None:
        """Begins anew for a model that was rebuilt: memorizing, and every milestone still to come."""
        self.phase = "memorizing"
        self._reached.clear()

    def _fall(self, test: float) -> list[tuple[PhaseEvent, str]]:
        if self.phase == "grokked" and test < COLLAPSED_ACCURACY:
            self.phase = "collapsed"
            return [("collapsed", f"collapsed: test accuracy fell below {100 * COLLAPSED_ACCURACY:.0f} %")]
        if self.phase == "generalizing" and test < self._memorizing:
            self.phase = "memorizing"
            return [("memorizing", f"memorizing again: test accuracy fell below {100 * self._memorizing:.0f} %")]
        return []

    def _rise(self, test: float) -> list[tuple[PhaseEvent, str]]:
        events: list[tuple[PhaseEvent, str]] = []
        if self.phase == "memorizing" and test > self._generalizing:
            self.phase = "generalizing"
            events.append(("generalizing", f"generalizing: test accuracy passed {100 * self._generalizing:.0f} %"))
        more = (m for m in (GROKKED_90, GROKKED_95) if m.reached(test) and self._first(m.event))
        events += [(milestone.event, milestone.happened) for milestone in more]
        if self.phase != "grokked" and GROKKED.reached(test):
            again = "" if self._first(GROKKED.event) else " again"
            self.phase = "grokked"
            events.append((GROKKED.event, f"grokked{again}: {GROKKED.happened}"))
        return events

    def _first(self, name: PhaseEvent) -> bool:
        new = name not in self._reached
        self._reached.add(name)
        return new
