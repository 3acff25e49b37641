"""Presets: settings that belong together, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from grokterm.config import Value


@dataclass(frozen=True, slots=True)
class Preset:
    """Settings that belong together, and what they are for."""

    words: str
    values: Mapping[str, Value]


PRESETS: Final[dict[str, Preset]] = {
    "blink": Preset(
        "groks p 97 with half the pairs in about 24 steps",
        {
            "arch": "mlp",
            "activation": "quadratic",
            "width": 128,
            "lr": 0.2,
            "weight_decay": 2.0,
            "warmup": 10,
            "batch_size": 1568,
            "log_every": 4,
            "pace": "max",
        },
    ),
}


def preset_values(name: str | None) -> dict[str, Value]:
    """The settings of a preset; none without a name."""
    return dict(PRESETS[name].values) if name is not None else {}
