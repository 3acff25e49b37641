"""Records of measures for tests that care about a few of them."""

from __future__ import annotations

from typing import Any, Final

from grokterm.wire.records import Scalars

_ANY: Final[dict[str, Any]] = {
    "train_loss": 1.0,
    "test_loss": 1.0,
    "train_accuracy": 0.0,
    "test_accuracy": 0.0,
    "sum_squared_weights": 1.0,
    "gradient_norm": 1.0,
}


def measured(step: int, seconds: float = 0.0, **measures: Any) -> Scalars:
    """The measures after a step: those that are named, and any for the others."""
    return Scalars(step, seconds, **(_ANY | measures))
