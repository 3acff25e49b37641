"""The values that a key press goes to: halves and doubles of a rate, and the ladder of paces."""

from __future__ import annotations

from typing import Final, Literal

from grokterm.config import settings

Pace = float | Literal["max"]

PACES: Final = (1, 2, 5, 10, 20, 50, 120, 200, 500, 1000, 2000, 5000, 10_000, 20_000)
"""Steps a second, in the order of the keys; after the last comes max."""

SMALLEST: Final = {"lr": 1e-6, "weight_decay": 1e-3}
"""The value below which halving gives 0, and from which doubling starts again."""


def scaled(name: str, value: float, direction: int) -> float:
    """Twice a rate, or half of it; 0 at the bottom, the limit of `Config` at the top."""
    smallest = SMALLEST[name]
    if direction > 0:
        return smallest if value == 0 else min(value * 2, settings()[name].le)
    return 0.0 if value / 2 < smallest * 0.999 else value / 2


def paced(pace: Pace, direction: int, reached: float = 0.0) -> Pace:
    """The next faster or slower pace; `reached` is the present rate, so that no press goes without effect."""
    if direction > 0:
        bound_by_machine = pace == "max" or 0 < reached < 0.8 * pace
        return "max" if bound_by_machine else next((p for p in PACES if p > float(pace) * 1.001), "max")
    now = (reached or 2 * PACES[-1]) if pace == "max" else pace
    return next((p for p in reversed(PACES) if p < now * 0.999), min(now, PACES[0]))
