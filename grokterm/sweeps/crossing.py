"""Where a function of one number is 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_ROUNDS: Final = 100
_NEAR: Final = 1e-5


def crossing(value_at: Callable[[float], float], near: float, below: float, far: float, above: float) -> float:
    """Where a function that is `below` < 0 at `near` and `above` ≥ 0 at `far` is 0 within 1e-5.

    By regula falsi with the Illinois rule (Dowell & Jarratt 1971, BIT 11, 168).
    """
    between, moved = far, ""
    for _ in range(_ROUNDS):
        between = (near * above - far * below) / (above - below)
        value = value_at(between)
        if value < 0:
            near, below, above, moved = between, value, above / (2 if moved == "near" else 1), "near"
        else:
            far, above, below, moved = between, value, below / (2 if moved == "far" else 1), "far"
        if abs(value) < _NEAR:
            break
    return float(between)
