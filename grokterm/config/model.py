"""The settings of a model."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from grokterm.config.architectures import Architecture, brief_words, layer_words, users
from grokterm.config.setting import Switch, setting

Classes = Literal["p", "p+1"]
Init = Literal["random", "closed-form"]
LayerNorm = Literal["none", "pre", "post"]
Activation = Literal["relu", "gelu", "quadratic"]
Bias = Literal["on", "off", "all"]
Positional = Literal["learned", "none", "sinusoidal"]
InputSequence = Literal["a-b-equals", "eos-a-op-b-equals"]

SEQUENCES: Final[Mapping[InputSequence, tuple[str, ...]]] = {
    "a-b-equals": ("a", "b", "="),
    "eos-a-op-b-equals": ("eos", "a", "op", "b", "="),
}
"""The tokens of each sequence; all but a and b are constant, the same for every pair."""


@dataclass(frozen=True, kw_only=True, init=False, repr=False, eq=False)  # what it needs of these Config makes
class ModelSettings:
    """What is trained."""

    arch: Architecture = setting(
        "mlp",
        "Model",
        "rebuilds the model",
        f"Architecture: {brief_words()}.",
        label="architecture",
    )
    width: int = setting(
        512, "Model", "rebuilds the model", "Hidden neurons of each MLP layer, 1 to 65,536.", ge=1, le=65536
    )
    d_model: int = setting(
        128,
        "Model",
        "rebuilds the model",
        f"Embedding dimensions ({', '.join(users('d_model'))}), 1 to 8,192.",
        label="d_model",
        ge=1,
        le=8192,
    )
    heads: int = setting(
        4,
        "Model",
        "rebuilds the model",
        f"Attention heads ({', '.join(users('heads'))}), 1 to 64; must divide d_model.",
        ge=1,
        le=64,
    )
    depth: int = setting(
        1,
        "Model",
        "rebuilds the model",
        f"{layer_words()[0].upper()}{layer_words()[1:]}, 1 to 8.",
        ge=1,
        le=8,
    )
    layer_norm: LayerNorm = setting(
        "none",
        "Model",
        "rebuilds the model",
        "LayerNorm: none, before (pre) or after (post) each sublayer.",
        label="LayerNorm",
        short="norm",
    )
    activation: Activation = setting("relu", "Model", "rebuilds the model", "Activation of the MLP neurons.")
    classes: Classes = setting(
        "p",
        "Model",
        "rebuilds the model",
        'Classes of the softmax: p residues, or p+1 with "=", never an answer (Nanda et al.\'s code; without kernels).',
    )
    init: Init = setting(
        "random",
        "Model",
        "rebuilds the model",
        "Initial weights: random, or the closed-form solution (one-hot, depth 1, quadratic, no LayerNorm).",
        label="initial weights",
        short="init",
    )
    init_scale: float = setting(
        1.0,
        "Model",
        "rebuilds the model",
        "All initial weights are multiplied by it (Omnigrok), above 0 to 100.",
        label="initial scale",
        short="init scale",
        gt=0,
        le=100,
    )
    bias: Bias = setting(
        "on",
        "Model",
        "rebuilds the model",
        "Biases: on as in each architecture's source, off, or all: in attention and before the softmax as well.",
        label="biases",
    )
    tied: Switch = setting(
        "off",
        "Model",
        "rebuilds the model",
        "On: a transformer reads out by its embedding (W_U is W_E transposed); a and b of mlp share one embedding.",
        label="tied weights",
        short="tied",
    )
    positional: Positional = setting(
        "learned",
        "Model",
        "rebuilds the model",
        f"What tells positions apart ({', '.join(users('positional'))}): learned vectors, none, or sinusoidal ones.",
        label="positions",
        short="pos",
    )
    sequence: InputSequence = setting(
        "a-b-equals",
        "Model",
        "rebuilds the model",
        f"Tokens that are read ({', '.join(users('sequence'))}): a b =, or eos a op b =, as in Power et al.'s code.",
    )
    causal: Switch = setting(
        "on",
        "Model",
        "rebuilds the model",
        f"Causal attention ({', '.join(users('causal'))}): off, a and b see all positions too; no matter with depth 1.",
        label="causal mask",
        short="causal",
    )
    attention_rate: float = setting(
        1.0,
        "Model",
        "at once",
        f"α ({', '.join(users('attention_rate'))}): attention is α·softmax + 1 − α, from 1 to 0, uniform; 0 to 1.",
        label="attention rate",
        short="α",
        ge=0,
        le=1,
    )
