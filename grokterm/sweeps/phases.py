"""The phases of a run by its milestones, as Liu et al. 2022 (arXiv:2205.10343), table 1, have them."""

from __future__ import annotations

from typing import Final

from grokterm.wire.swept import SweptPhase

LEARNED: Final = 0.9
"""Train and test accuracy that must be passed within the budget."""
DELAY: Final = 1000
"""Steps between both, from which generalization is delayed."""
PHASES: Final[tuple[SweptPhase, ...]] = ("comprehension", "grokking", "memorization", "confusion")
MEANINGS: Final[dict[SweptPhase, str]] = {
    "comprehension": f"train and test accuracy pass {LEARNED:.0%}, the latter within {DELAY:,} steps of the former",
    "grokking": f"both pass {LEARNED:.0%}, test accuracy {DELAY:,} steps or more behind",
    "memorization": f"train accuracy alone passes {LEARNED:.0%} within the budget",
    "confusion": "neither does",
}


def phase_of(learned_step: int | None, grokked_step: int | None, delay: int = DELAY) -> SweptPhase:
    """The phase of a run whose train and test accuracy passed 90 % at these steps, None for never."""
    if grokked_step is not None:  # what answers the test pairs has learned
        return "grokking" if grokked_step - (learned_step or 0) >= delay else "comprehension"
    return "memorization" if learned_step is not None else "confusion"
