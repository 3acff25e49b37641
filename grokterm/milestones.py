"""The milestones of a run and the thresholds of its phases and gauges, all of them accuracies."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

MilestoneEvent = Literal["memorized", "grokked_90", "grokked_95", "grokked"]


@dataclass(frozen=True, slots=True)
class Milestone:
    """The first step at which an accuracy has come to a threshold."""

    event: MilestoneEvent
    """As which the log tells of it."""
    step_name: str
    """What its step is called."""
    pairs: Literal["train", "test"]
    accuracy: float
    """The threshold, 0 to 1."""
    above: bool = False
    """Whether an accuracy must be above the threshold; it may be equal otherwise."""

    def reached(self, accuracy: float) -> bool:
        """Whether an accuracy of these pairs is there."""
        return accuracy > self.accuracy if self.above else accuracy >= self.accuracy

    @property
    def sign(self) -> str:
        """The threshold with its sign: > 90 %."""
        return f"{'>' if self.above else '≥'} {100 * self.accuracy:.0f} %"

    @property
    def condition(self) -> str:
        """What has to be: test accuracy > 90 %."""
        return f"{self.pairs} accuracy {self.sign}"

    @property
    def happened(self) -> str:
        """What came about: test accuracy passed 90 %."""
        return f"{self.pairs} accuracy {'passed' if self.above else 'reached'} {100 * self.accuracy:.0f} %"


MEMORIZED: Final = Milestone("memorized", "memorized_step", "train", 0.99, above=True)
"""`--until memorized`."""
GROKKED_90: Final = Milestone("grokked_90", "grokked_step_90", "test", 0.9, above=True)
"""Brenndoerfer's grokking step."""
GROKKED_95: Final = Milestone("grokked_95", "grokked_step_95", "test", 0.95)
"""Tveit's."""
GROKKED: Final = Milestone("grokked", "grokked_step_99", "test", 0.99)
"""The one of the label, of the delay and of `--until grokked`."""
MILESTONES: Final = (MEMORIZED, GROKKED_90, GROKKED_95, GROKKED)

GENERALIZING_ACCURACY: Final = 0.2
"""Test accuracy above which a run generalizes."""
MEMORIZING_ACCURACY: Final = 0.1
"""Test accuracy below which a run that generalized is back to memorizing."""

GAUGED_ACCURACY: Final = 0.9
"""Test accuracy above which the gauges of clock and pizza are meaningful (Zhong et al. 2023)."""
COLLAPSED_ACCURACY: Final = 0.9
"""Test accuracy below which a run that grokked has collapsed."""


def phase_accuracies(chance: float) -> tuple[float, float]:
    """Test accuracies above which a run generalizes, and below which it is back to memorizing.

    They lie as far above the share that is right by `chance` as they would above 0.
    """
    above, below = (chance + (1 - chance) * share for share in (GENERALIZING_ACCURACY, MEMORIZING_ACCURACY))
    return above, below
