"""Presets: settings that belong together, by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from grokterm.config import Value

PRESETS: Final[dict[str, Mapping[str, Value]]] = {
    "blink": {"arch": "mlp", "width": 256, "lr": 0.03, "weight_decay": 1.0, "pace": "max"},
}
"""`blink`: the quickest known way to grok p 97 with half the pairs."""
