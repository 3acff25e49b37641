"""What the phases mean, in words, with their thresholds."""

from __future__ import annotations

from typing import Final

from grokterm.milestones import (
    COLLAPSED_ACCURACY,
    GENERALIZING_ACCURACY,
    GROKKED,
    GROKKED_90,
    GROKKED_95,
    MEMORIZED,
    MEMORIZING_ACCURACY,
)

MEANINGS: Final = {
    "Memorizing": (
        f"the training pairs are learned by heart (memorized: {MEMORIZED.condition}); "
        "pairs never seen are answered at random"
    ),
    "Generalizing": (
        f"test accuracy is above {GENERALIZING_ACCURACY:.0%}: the network finds the rule; "
        f"below {MEMORIZING_ACCURACY:.0%} it is back to memorizing"
    ),
    "Grokked": f"{GROKKED.condition}: it answers pairs that it was never shown",
    "Collapsed": f"it had grokked, and test accuracy fell below {COLLAPSED_ACCURACY:.0%} again",
}

CIRCUIT_MEANINGS: Final = {
    "memorization": "no circuit that adds angles tells yet in what the network answers",
    "circuit formation": "the restricted loss, that of the circuit alone, is below half of its start",
    "clean-up": "test loss is below half of its peak and Σθ² falls: what was learned by heart is given up",
}
MILESTONE_WORDS: Final = (
    f"Recorded too, for sources differ: {GROKKED_90.condition} (Brenndoerfer) and {GROKKED_95.sign} (Tveit); "
    f"the label and the delay use {GROKKED.sign}."
)
CIRCUIT_SOURCE: Final = "From the progress measures of Nanda et al. 2023, not from accuracy."


def phase_words() -> str:
    """The meanings of all phases, one a line; the number beside a phase is the step at which it began."""
    lines = [f"{name}: {meaning}." for name, meaning in MEANINGS.items()]
    return "\n".join([*lines, "The number beside a phase is the step at which it last began.", MILESTONE_WORDS])


def circuit_words() -> str:
    """What the phases of the circuit mean, one a line."""
    return "\n".join([*(f"{name}: {meaning}." for name, meaning in CIRCUIT_MEANINGS.items()), CIRCUIT_SOURCE])
