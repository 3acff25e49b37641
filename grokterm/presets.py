"""Presets: settings that belong together, by name; those of papers are what `grokterm reproduce` trains."""

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

_ADDED: Final[Mapping[str, Value]] = {
    "p": 113,
    "train_fraction": 0.3,
    "arch": "transformer",
    "width": 512,
    "d_model": 128,
    "heads": 4,
    "lr": 1e-3,
    "weight_decay": 1.0,
    "beta1": 0.9,
    "warmup": 10,
}
"""The one-layer transformer on a + b mod 113 of Nanda et al. 2023 and of those who trained it again."""

_GAUGED: Final[Mapping[str, Value]] = {
    "p": 59,
    "train_fraction": 0.8,
    "arch": "transformer",
    "width": 512,
    "d_model": 128,
    "heads": 4,
    "lr": 1e-3,
    "weight_decay": 2.0,
    "pace": "max",
}
"""The transformers of Zhong et al. 2023, which differ by the attention rate."""

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
        {**_ADDED, "classes": "p+1", "beta2": 0.98, "warmup_from": 0},
    ),
    "replication": Preset(
        "the same transformer with β₂ .999 and seed 42, as in a replication with tables of when it groks",
        {**_ADDED, "beta2": 0.999, "seed": 42, "pace": "max"},
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
    "chapter": Preset(
        "two post-norm encoder layers of torch.nn, as in Brenndoerfer's chapter, p 97",
        {
            **_TWO_LAYERS,
            "bias": "all",
            "causal": "off",
        },
    ),
    "playground": Preset(
        "the browser playground: a one-hot pair and 64 neurons, batches of 512, p 97",
        {
            "arch": "one-hot",
            "width": 64,
            "lr": 0.01,
            "weight_decay": 0.3,
            "batch_size": 512,
            "warmup": 10,
            "pace": "max",
        },
    ),
    "kitouni": Preset(
        "two embeddings of 128 side by side and 128 neurons, p 53, which generalize at once with weight decay 5",
        {
            "p": 53,
            "train_fraction": 0.6,
            "arch": "mlp",
            "d_model": 128,
            "width": 128,
            "epsilon": 1e-8,
            "lr": 0.03,
            "weight_decay": 5.0,
            "pace": "max",
        },
    ),
    "pizza": Preset(
        "the transformer of Zhong et al. 2023 with uniform attention, which adds by the pizza algorithm",
        {**_GAUGED, "attention_rate": 0.0},
    ),
    "clock": Preset(
        "the same with attention, which adds by the clock algorithm",
        {**_GAUGED, "attention_rate": 1.0},
    ),
    "gromov": Preset(
        "quadratic neurons on the squared error, which grok without weight decay (Gromov 2023)",
        {
            "p": 53,
            "arch": "one-hot",
            "width": 256,
            "activation": "quadratic",
            "loss": "mse",
            "lr": 5e-3,
            "weight_decay": 0.0,
            "pace": "max",
        },
    ),
    "omnigrok": Preset(
        "the norm of all weights held at .8 of where it began, and no delay (Liu et al. 2023)",
        {
            "p": 53,
            "arch": "transformer",
            "width": 512,
            "d_model": 128,
            "lr": 1e-3,
            "weight_decay": 0.0,
            "norm_clamp": 0.8,
            "pace": "max",
        },
    ),
    "ungrok": Preset(
        "a run to grok first, and then to cut its training fraction (Varma et al. 2023)",
        {"p": 53, "train_fraction": 0.6, "arch": "mlp", "lr": 5e-3, "width": 128, "d_model": 32, "pace": "max"},
    ),
    "edge": Preset(
        "two hidden layers with ⊥Grad, which grok without weight decay (Prieto et al. 2025)",
        {
            "arch": "one-hot",
            "depth": 2,
            "width": 200,
            "lr": 0.01,
            "weight_decay": 0.0,
            "filter": "orthograd",
            "precision": "float32",
            "pace": "max",
        },
    ),
    "grokfast": Preset(
        "Grokfast-EMA on a × b with coupled decay (Lee et al. 2024)",
        {
            "op": "multiply",
            **_ADDED,
            "p": 97,
            "train_fraction": 0.5,
            "optimizer": "adam",
            "beta2": 0.98,
            "weight_decay": 0.005,
            "filter": "grokfast-ema",
            "ema_alpha": 0.98,
            "ema_lambda": 2.0,
            "pace": "max",
        },
    ),
    "muon": Preset(
        "Muon on hidden matrices, AdamW on the rest (Tveit et al. 2025)",
        {**_ADDED, "p": 97, "train_fraction": 0.5, "optimizer": "muon", "beta2": 0.98, "pace": "max"},
    ),
    "head-count": Preset(
        "the replication's transformer with one head, which groks sooner than four",
        {**_ADDED, "beta2": 0.999, "heads": 1, "seed": 42, "pace": "max"},
    ),
    "systematic": Preset(
        "a perceptron of GELU neurons, which groks sooner than one of ReLU (arXiv:2603.25009)",
        {"p": 97, "arch": "mlp", "d_model": 128, "activation": "gelu", "lr": 1e-3, "epsilon": 1e-8, "pace": "max"},
    ),
    "controls": Preset(
        "random labels: all of them are learned, nothing generalizes, and nothing is claimed",
        {"p": 53, "arch": "mlp", "width": 256, "d_model": 64, "lr": 5e-3, "corrupt": 1.0, "pace": "max"},
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
