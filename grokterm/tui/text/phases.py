"""What the phases mean, in words, with their thresholds."""

from __future__ import annotations

from typing import Final

from grokterm.forecast.sources import SENTENCE
from grokterm.milestones import (
    COLLAPSED_ACCURACY,
    GENERALIZING_ACCURACY,
    GROKKED,
    GROKKED_90,
    GROKKED_95,
    MEMORIZED,
    MEMORIZING_ACCURACY,
    phase_accuracies,
)

_OF_TWO: Final = phase_accuracies(0.5)
MEANINGS: Final = {
    "Memorizing": (
        f"the training pairs are learned by heart (memorized: {MEMORIZED.condition}); "
        "pairs never seen are answered at random"
    ),
    "Generalizing": (
        f"test accuracy is above {GENERALIZING_ACCURACY:.0%}: the network finds the rule; "
        f"below {MEMORIZING_ACCURACY:.0%} it is back to memorizing "
        f"(of a parity {_OF_TWO[0]:.0%} and {_OF_TWO[1]:.0%}, for half is chance, and so for few answers)"
    ),
    "Grokked": f"{GROKKED.condition}: it answers pairs that it was never shown",
    "Collapsed": f"it had grokked, and test accuracy fell below {COLLAPSED_ACCURACY:.0%} again",
}

CIRCUIT_MEANINGS: Final = {
    "memorization": "pairs never trained on do not agree on the right answers yet: what there is, is memory",
    "circuit formation": (
        "the mean logits of pairs never trained on that have the same answer are right: their loss, the consensus "
        "loss, is below half of ln p, and chance is ruled out"
    ),
    "clean-up": "test loss is below half of its peak and Σθ² falls: what was learned by heart is given up",
}
WHY_TWO: Final = (
    "Both lines have steps of their own. Memorizing, Generalizing and Grokked wait until accuracy passes a threshold; "
    "the phases of the circuit are read from losses and weights, which move before answers change, and go on moving "
    "after. So a circuit forms while test accuracy is still flat, and clean-up may begin before Grokked or after it."
)
"""Why the phases by accuracy and those of the circuit begin at different steps, and in no fixed order."""
MILESTONE_WORDS: Final = (
    f"Recorded too, for sources differ: {GROKKED_90.condition} (Brenndoerfer) and {GROKKED_95.sign} (Tveit); "
    f"the label and the delay use {GROKKED.sign}."
)
CIRCUIT_SOURCE: Final = "From the progress measures of Nanda et al. 2023, not from accuracy."


def phase_words() -> str:
    """The meanings of all phases, one a line, and what the forecast beside them is made from."""
    lines = [f"{name}: {meaning}." for name, meaning in MEANINGS.items()]
    return "\n".join(
        [*lines, "The number beside a phase is the step at which it last began.", MILESTONE_WORDS, SENTENCE]
    )


def circuit_words() -> str:
    """What the phases of the circuit mean, one a line, and why their steps are not those of the others."""
    return "\n".join([*(f"{name}: {meaning}." for name, meaning in CIRCUIT_MEANINGS.items()), CIRCUIT_SOURCE, WHY_TWO])
