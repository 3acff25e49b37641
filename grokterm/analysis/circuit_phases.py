"""The phases of Nanda et al. 2023 (arXiv:2301.05217, section 5.2), from progress measures and not from accuracy."""

from __future__ import annotations

import math
from typing import Final, Literal

CircuitPhase = Literal["memorization", "circuit formation", "clean-up"]

FORMING: Final = 0.5
"""Share of its start below which the restricted loss tells that a circuit forms …"""
NOT_FORMING: Final = 0.75
"""… and above which it tells that none is left."""
CLEANING: Final = 0.5
"""Share of its peak below which the test loss tells that memory is cleaned up …"""
NOT_CLEANING: Final = 0.75
"""… and above which it tells that it is not."""
LIGHTER: Final = 0.95
"""Share of its peak below which Σθ² has to be for a clean-up."""


class CircuitPhases:
    """The phase with hysteresis; feeding it a log's records again restores it. The paper names phases by eye."""

    def __init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Begins anew, as for a model that was rebuilt."""
        self.phase: CircuitPhase = "memorization"
        self._start = math.nan
        self._test_peak = -math.inf
        self._weight_peak = -math.inf

    def update(
        self, restricted_loss: float | None, test_loss: float, sum_squared_weights: float
    ) -> list[tuple[CircuitPhase, str]]:
        """The phases that the next record begins, with the numbers that decided it; none without a restricted loss."""
        numbers = (restricted_loss, test_loss, sum_squared_weights)
        if restricted_loss is None or not all(math.isfinite(n) for n in numbers if n is not None):
            return []
        if math.isnan(self._start):
            self._start = restricted_loss
        self._test_peak = max(self._test_peak, test_loss)
        self._weight_peak = max(self._weight_peak, sum_squared_weights)
        circuit, memory = restricted_loss / self._start, test_loss / self._test_peak
        lighter = sum_squared_weights <= LIGHTER * self._weight_peak
        began: list[tuple[CircuitPhase, str]] = []
        restricted = f"restricted loss {restricted_loss:.2g} is {_percent(circuit)} of its start"
        test = f"test loss {test_loss:.2g} is {_percent(memory)} of its peak"
        if self.phase != "memorization" and circuit > NOT_FORMING:
            began.append(("memorization", f"memorization again: {restricted}"))
        elif self.phase == "clean-up" and memory > NOT_CLEANING:
            began.append(("circuit formation", f"circuit formation again: {test}"))
        elif self.phase == "memorization" and circuit <= FORMING:
            began.append(("circuit formation", f"circuit formation: {restricted}, {test}"))
        if began:
            self.phase = began[-1][0]
        if self.phase == "circuit formation" and memory <= CLEANING and lighter:
            self.phase = "clean-up"
            weight = (
                f"Σθ² {sum_squared_weights:,.0f} is {_percent(sum_squared_weights / self._weight_peak)} of its peak"
            )
            began.append(("clean-up", f"clean-up: {test}, {weight}"))
        return began


def _percent(share: float) -> str:
    return f"{100 * share:.0f} %"
