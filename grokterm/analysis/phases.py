"""The phase of a run and its milestones, from the accuracies of the log's records in order."""

from __future__ import annotations

from typing import Final, Literal

from grokterm.config import GROKKED_ACCURACY, MEMORIZED_ACCURACY

Phase = Literal["memorizing", "generalizing", "grokked", "collapsed"]
PhaseEvent = Literal["memorized", "generalizing", "memorizing", "grokked_90", "grokked_95", "grokked", "collapsed"]

GENERALIZING_ACCURACY: Final = 0.2
"""Test accuracy above which a run generalizes."""
MEMORIZING_ACCURACY: Final = 0.1
"""Test accuracy below which a run that generalized is back to memorizing."""
COLLAPSED_ACCURACY: Final = 0.9
"""Test accuracy below which a run that grokked has collapsed."""

# Grokking steps in use: > .90 (Brenndoerfer), ≥ .95 (Tveit), ≥ .99, which the label uses.
_MILESTONES: Final[tuple[tuple[PhaseEvent, float], ...]] = (("grokked_90", 0.9), ("grokked_95", 0.95))


class PhaseTracker:
    """Phase with hysteresis and milestones that fire once; feeding it a log's records again restores it."""

    def __init__(self) -> None:
        self.phase: Phase = "memorizing"
        self._reached: set[PhaseEvent] = set()

    def update(self, step: int, train_accuracy: float, test_accuracy: float) -> list[tuple[PhaseEvent, str]]:
        """Events (name, words) that the record at `step` brings, accuracies 0 to 1; none at step 0."""
        if step == 0:
            return []
        events: list[tuple[PhaseEvent, str]] = []
        if train_accuracy >= MEMORIZED_ACCURACY and self._first("memorized"):
            events.append(("memorized", f"memorized: train accuracy reached {100 * MEMORIZED_ACCURACY:.0f} %"))
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
        if self.phase == "generalizing" and test < MEMORIZING_ACCURACY:
            self.phase = "memorizing"
            return [("memorizing", f"memorizing again: test accuracy fell below {100 * MEMORIZING_ACCURACY:.0f} %")]
        return []

    def _rise(self, test: float) -> list[tuple[PhaseEvent, str]]:
        events: list[tuple[PhaseEvent, str]] = []
        if self.phase == "memorizing" and test > GENERALIZING_ACCURACY:
            self.phase = "generalizing"
            events.append(("generalizing", f"generalizing: test accuracy passed {100 * GENERALIZING_ACCURACY:.0f} %"))
        for name, accuracy in _MILESTONES:
            if test >= accuracy and self._first(name):
                events.append((name, f"test accuracy reached {100 * accuracy:.0f} %"))
        if self.phase != "grokked" and test >= GROKKED_ACCURACY:
            again = "" if self._first("grokked") else " again"
            self.phase = "grokked"
            events.append(("grokked", f"grokked{again}: test accuracy reached {100 * GROKKED_ACCURACY:.0f} %"))
        return events

    def _first(self, name: PhaseEvent) -> bool:
        new = name not in self._reached
        self._reached.add(name)
        return new
