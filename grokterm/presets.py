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


_PARITY: Final[Mapping[str, Value]] = {
    "task": "parity",
    "k": 3,
    "arch": "one-hot",
    "width": 1000,
    "loss": "hinge",
    "optimizer": "sgd",
    "momentum": 0.0,
    "lr": 0.1,
    "weight_decay": 0.01,
    "warmup": 0,
    "batch_size": 32,
    "pace": "max",
}
"""One hidden layer of 1,000 ReLU, SGD in batches of 32 on the hinge loss (Merrill et al. 2023, arXiv:2303.11873)."""

_TWO_LAYERS: Final[Mapping[str, Value]] = {
    "arch": "transformer",
    "depth": 2,
    "width": 512,
    "d_model": 128,
    "heads": 4,
    "layer_norm": "post",
    "lr": 1e-3,
    "weight_decay": 1.0,
    "batch_size": 512,
    "pace": "max",
}
"""What the set-ups of Power et al. and of Brenndoerfer's chapter have in common."""

PRESETS: Final[dict[str, Preset]] = {
    "blink": Preset(
        "groks p 97 with half the pairs in about 24 steps",
        {
            "arch": "one-hot",
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
    "nanda": Preset(
        "the run of Nanda et al. 2023, p 113 with a transformer, as their code trains it",
        {
            "p": 113,
            "train_fraction": 0.3,
            "arch": "transformer",
            "width": 512,
            "d_model": 128,
            "heads": 4,
            "classes": "p+1",
            "lr": 1e-3,
            "weight_decay": 1.0,
            "beta1": 0.9,
            "beta2": 0.98,
            "warmup": 10,
            "warmup_from": 0,
        },
    ),
    "s5": Preset(
        "groks ab in S₅, the permutations of five things, in about 2,400 steps",
        {
            "op": "s5",
            "train_fraction": 0.5,
            "arch": "mlp",
            "width": 256,
            "d_model": 64,
            "activation": "relu",
            "lr": 5e-3,
            "epsilon": 1e-8,
            "weight_decay": 1.0,
            "pace": "max",
        },
    ),
    "power": Preset(
        "the two-layer decoder of Power et al. 2022 on a/b mod 97, with the constant tokens of their code",
        {
            **_TWO_LAYERS,
            "op": "divide",
            "bias": "off",
            "positional": "sinusoidal",
            "sequence": "eos-a-op-b-equals",
            "warmup": 10,
            "warmup_from": 0,
        },
    ),
    "encoder": Preset(
        "two post-norm encoder layers of torch.nn, as in Brenndoerfer's chapter, p 97",
        {
            **_TWO_LAYERS,
            "bias": "all",
            "causal": "off",
        },
    ),
    "parity": Preset(
        "the parity of 3 of 40 coordinates, as Merrill et al. 2023 train it: groks in about 3,700 steps",
        {**_PARITY, "n": 40, "train_size": 1000},
    ),
    "small-parity": Preset(
        "the parity of 3 of 20 coordinates from 500 points: groks in about 1,700 steps",
        {**_PARITY, "n": 20, "train_size": 500},
    ),
}


def preset_values(name: str | None) -> dict[str, Value]:
    """The settings of a preset; none without a name."""
    return dict(PRESETS[name].values) if name is not None else {}
