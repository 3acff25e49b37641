"""Presets: settings that belong together, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from grokterm.config import Value

PRESETS: Final[dict[str, Mapping[str, Value]]] = {
    "blink": {
        "arch": "mlp",
        "activation": "quadratic",
        "width": 128,
        "lr": 0.3,
        "weight_decay": 2.0,
        "warmup": 10,
        "log_every": 2,
        "pace": "max",
    },
}
"""`blink`: the quickest known way to grok p 97 with half the pairs, in about 24 steps."""
