"""The options of architectures, by themselves and together, that tests go through."""

from __future__ import annotations

from typing import Any

OF_TRANSFORMERS: list[dict[str, Any]] = [
    {"tied": "on"},
    {"tied": "on", "classes": "p+1"},
    {"bias": "off"},
    {"bias": "all"},
    {"positional": "none"},
    {"positional": "sinusoidal"},
    {"causal": "off"},
    {"sequence": "eos-a-op-b-equals"},
    {"sequence": "eos-a-op-b-equals", "causal": "off", "attention_rate": 0.3},
    {"sequence": "eos-a-op-b-equals", "tied": "on", "classes": "p+1", "positional": "none"},
    {"sequence": "eos-a-op-b-equals", "bias": "all", "positional": "sinusoidal"},
    {"sequence": "eos-a-op-b-equals", "bias": "off", "positional": "sinusoidal"},
    {"attention_rate": 0.0},
    {"attention_rate": 0.3},
    {"tied": "on", "bias": "off", "positional": "sinusoidal", "causal": "off", "attention_rate": 0.6},
]
OF_MLPS: list[dict[str, Any]] = [{"bias": "off"}, {"bias": "all"}]
OPTIONS: list[dict[str, Any]] = [
    *({"arch": "transformer", **values} for values in OF_TRANSFORMERS),
    *({"arch": arch, **values} for arch in ("one-hot", "mlp", "residual-mlp") for values in OF_MLPS),
    {"arch": "mlp", "tied": "on"},
    {"arch": "mlp", "tied": "on", "bias": "off"},
]
"""Every option by itself, and some together."""
