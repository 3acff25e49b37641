"""The phases of Nanda et al. 2023 (arXiv:2301.05217, section 5.2), from progress measures and not from accuracy."""

from __future__ import annotations

import math
from typing import Final, Literal, Protocol

CircuitPhase = Literal["memorization", "circuit formation", "clean-up"]

FORMING: Final = 0.5
"""Share of ln p down to which a consensus of held-out pairs has to fall to say that a circuit forms …"""
NOT_FORMING: Final = 0.75
"""… and above which it says that none is left."""
SIGNIFICANT: Final = 0.005
"""The p-value down to which chance is ruled out."""
FALLING: Final = 0.9
"""Share of its peak below which test loss has to be for the key frequencies to count: memory gives way to them."""
CLEANING: Final = 0.5
"""Share of its peak below which the test loss says that memory is cleaned up …"""
NOT_CLEANING: Final = 0.75
"""… and above which it says that it is not."""
LIGHTER: Final = 0.95
"""Share of its peak below which Σθ² has to be for a clean-up."""


class Evidence(Protocol):
    """What one set of progress measures says of a circuit; None where a measure is not defined."""

    @property
    def consensus_loss(self) -> float | None:
        """Of all frequencies."""

    @property
    def consensus_p_value(self) -> float | None:
        """Against classes in a random order."""

    @property
    def key_consensus_loss(self) -> float | None:
        """Of the key frequencies."""

    @property
    def key_p_value(self) -> float | None:
        """Against as many frequencies at random."""


class CircuitPhases:
    """The phase with hysteresis; feeding it a log's records again restores it. The paper names phases by eye.

    A circuit forms when held-out pairs agree on the right answers better than chance allows: their mean logits as they
    are or, once test loss falls, those restricted to the key frequencies.
    """

    def __init__(self, p: int) -> None:
        """`p` is the number of classes."""
        self._chance = math.log(p)
        self.restart()

    def restart(self) -> None:
        """Begins anew, as for a model that was rebuilt."""
        self.phase: CircuitPhase = "memorization"
        self._test_peak = -math.inf
        self._weight_peak = -math.inf
        self._memory = 1.0
        """Test loss as a share of its peak, when last looked at."""
        self._loss_is_another = False

    def change_loss(self) -> None:
        """Another loss is trained on, in a unit of its own: the share of its peak goes on where it was."""
        self._loss_is_another = True

    def update(
        self, evidence: Evidence, test_loss: float, sum_squared_weights: float
    ) -> list[tuple[CircuitPhase, str]]:
        """The phases that the next record begins, with the numbers that decided it; none without a consensus."""
        if evidence.consensus_loss is None or not (math.isfinite(test_loss) and math.isfinite(sum_squared_weights)):
            return []
        if self._loss_is_another:
            self._test_peak, self._loss_is_another = test_loss / self._memory if self._memory else test_loss, False
        self._test_peak = max(self._test_peak, test_loss)
        self._weight_peak = max(self._weight_peak, sum_squared_weights)
        memory = self._memory = test_loss / self._test_peak if self._test_peak > 0 else 0.0
        lighter = sum_squared_weights <= LIGHTER * self._weight_peak
        test = f"test loss {test_loss:.2g} is {_percent(memory)} of its peak"
        began: list[tuple[CircuitPhase, str]] = []
        if self.phase != "memorization" and (words := self._is_lost(evidence)):
            began.append(("memorization", f"memorization again: {words}"))
        elif self.phase == "clean-up" and memory > NOT_CLEANING:
            began.append(("circuit formation", f"circuit formation again: {test}"))
        elif self.phase == "memorization" and (words := self._forms(evidence, memory)):
            began.append(("circuit formation", f"circuit formation: {words}, {test}"))
        if began:
            self.phase = began[-1][0]
        if self.phase == "circuit formation" and memory <= CLEANING and lighter:
            self.phase = "clean-up"
            weight = (
                f"Σθ² {sum_squared_weights:,.0f} is {_percent(sum_squared_weights / self._weight_peak)} of its peak"
            )
            began.append(("clean-up", f"clean-up: {test}, {weight}"))
        return began

    def _forms(self, evidence: Evidence, memory: float) -> str:
        """The number that says that a circuit is there; empty where none does."""
        if _significant(evidence.consensus_p_value) and self._is_below(evidence.consensus_loss, FORMING):
            return self._words("consensus loss", evidence.consensus_loss)
        falling = memory <= FALLING
        if falling and _significant(evidence.key_p_value) and self._is_below(evidence.key_consensus_loss, FORMING):
            return self._words("consensus loss of key frequencies", evidence.key_consensus_loss)
        return ""

    def _is_lost(self, evidence: Evidence) -> str:
        """The number that says that no circuit is left; empty where one is."""
        losses = (evidence.consensus_loss, evidence.key_consensus_loss)
        if any(self._is_below(loss, NOT_FORMING) for loss in losses):
            return ""
        return self._words("consensus loss", evidence.consensus_loss)

    def _is_below(self, loss: float | None, share: float) -> bool:
        return loss is not None and loss <= share * self._chance

    def _words(self, name: str, loss: float | None) -> str:
        assert loss is not None
        return f"{name} {loss:.2g} is {_percent(loss / self._chance)} of ln p"


def _significant(p_value: float | None) -> bool:
    return p_value is not None and p_value <= SIGNIFICANT


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
