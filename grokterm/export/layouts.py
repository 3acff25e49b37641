"""A transformer's parameters in the names and shapes of other programs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from grokterm.config import Config
from grokterm.errors import ConfigError
from grokterm.export.weights import Weights

if TYPE_CHECKING:
    import numpy.typing as npt

    Array = npt.NDArray[Any]

_LAYER_NORM: Final = {"norm_attention": "ln1", "norm_mlp": "ln2"}


def transformer_lens(weights: Weights) -> tuple[dict[str, Array], dict[str, Any]]:
    """The state dict of a HookedTransformer, and its configuration; raises ConfigError where it has no such model.

    Tokens are the residues, then "=", "eos" and "op" where the sequence has them.
    """
    config = weights.info.to_config()
    _check(config, "TransformerLens", layer_norm=("none", "pre"), activation=("relu", "gelu"))
    heads, d, of = config.heads, config.d_model, _complete(weights.parameters, config)
    found = {"embed.W_E": of["W_E"], "pos_embed.W_pos": of["W_pos"], "unembed.W_U": of["W_U"]}
    found["unembed.b_U"] = of.get("b_U", np.zeros(config.class_count, of["W_U"].dtype))
    for block in range(config.depth):
        to = f"blocks.{block}"
        for name in "QKV":
            found[f"{to}.attn.W_{name}"] = of[f"{block}.W_{name}"].reshape(d, heads, -1).swapaxes(0, 1)
            found[f"{to}.attn.b_{name}"] = of.get(f"{block}.b_{name}", np.zeros(d, of["W_U"].dtype)).reshape(heads, -1)
        found[f"{to}.attn.W_O"] = of[f"{block}.W_O"].reshape(heads, -1, d)
        found[f"{to}.attn.b_O"] = of.get(f"{block}.b_O", np.zeros(d, of["W_U"].dtype))
        found |= {f"{to}.mlp.{name}": of[f"{block}.{name}"] for name in ("W_in", "b_in", "W_out", "b_out")}
        if config.layer_norm == "pre":
            for ours, theirs in _LAYER_NORM.items():
                found |= _layer_norm(of, f"{block}.{ours}", f"{to}.{theirs}")
    if config.layer_norm == "pre":
        found |= _layer_norm(of, "norm_out", "ln_final")
    return found, _lens_config(config)


def nanda(weights: Weights) -> tuple[dict[str, Array], dict[str, Any]]:
    """The state dict of the Transformer in the code of Nanda et al. 2023 (arXiv:2301.05217), and its configuration.

    That has "=" among its classes: in a model of p classes its column of W_U is 0. Raises ConfigError where there is no
    such model.
    """
    config = weights.info.to_config()
    only: dict[str, tuple[str, ...]] = {"layer_norm": ("none",), "activation": ("relu", "gelu"), "causal": ("on",)}
    _check(config, "the paper's code", **only, bias=("on",), sequence=("a-b-equals",))
    heads, of = config.heads, _complete(weights.parameters, config)
    w_u = np.pad(of["W_U"], ((0, 0), (0, config.p + 1 - config.class_count)))
    found = {"embed.W_E": of["W_E"].T, "pos_embed.W_pos": of["W_pos"], "unembed.W_U": w_u}
    for block in range(config.depth):
        to = f"blocks.{block}"
        for name in "KQV":
            found[f"{to}.attn.W_{name}"] = of[f"{block}.W_{name}"].T.reshape(heads, -1, config.d_model)
        found[f"{to}.attn.W_O"] = of[f"{block}.W_O"].T
        found[f"{to}.attn.mask"] = np.tril(np.ones((3, 3), of["W_U"].dtype))
        found |= {f"{to}.mlp.{name}": of[f"{block}.{name}"].T for name in ("W_in", "b_in", "W_out", "b_out")}
    return found, _nanda_config(config)


def _lens_config(config: Config) -> dict[str, Any]:
    """What HookedTransformerConfig.from_dict takes."""
    return {
        "n_layers": config.depth,
        "d_model": config.d_model,
        "n_ctx": len(config.sequence_tokens),
        "n_heads": config.heads,
        "d_head": config.d_model // config.heads,
        "d_mlp": config.width,
        "d_vocab": config.p + len(set(config.sequence_tokens) - {"a", "b"}),
        "d_vocab_out": config.class_count,
        "act_fn": config.activation,
        "normalization_type": "LN" if config.layer_norm == "pre" else None,
        "eps": 1e-5,
        "attention_dir": "causal" if config.causal == "on" else "bidirectional",
        "default_prepend_bos": False,
        "init_weights": False,
    }


def _nanda_config(config: Config) -> dict[str, Any]:
    """The settings of the paper's code, by their names there."""
    return {
        "lr": config.lr,
        "weight_decay": config.weight_decay,
        "p": config.p,
        "d_model": config.d_model,
        "fn_name": config.op,
        "frac_train": config.train_fraction,
        "seed": config.seed,
        "num_layers": config.depth,
        "batch_style": "full" if config.batch_size == "full" else str(config.batch_size),
        "d_vocab": config.p + 1,
        "n_ctx": 3,
        "d_mlp": config.width,
        "num_heads": config.heads,
        "act_type": {"relu": "ReLU", "gelu": "GeLU"}[config.activation],
        "use_ln": False,
    }


def _check(config: Config, program: str, **allowed: tuple[str, ...]) -> None:
    """Raises ConfigError where a program has no model of this configuration."""
    if "heads" not in config.architecture.uses or not config.of_pairs:
        raise ConfigError(
            f"{program} has transformers of pairs, and this run is {config.arch} on {config.task_words}: "
            "export it as safetensors or npz"
        )
    for name, values in allowed.items():
        if getattr(config, name) not in values:
            raise ConfigError(
                f"{program} has no transformer with {name} {getattr(config, name)}, but with {' or '.join(values)}: "
                "export it as safetensors or npz"
            )
    if config.attention_rate != 1:
        raise ConfigError(
            f"{program} has no attention rate other than 1, and here it is {config.attention_rate:g}: "
            "export it as safetensors or npz"
        )


def _complete(parameters: dict[str, Array], config: Config) -> dict[str, Array]:
    """The parameters with those that follow from others, or are constant."""
    found = dict(parameters)
    if config.tied == "on":
        found["W_U"] = found["W_E"][: config.class_count].T
    if "W_pos" not in found:
        found["W_pos"] = _positions(config).astype(found["W_E"].dtype)
    for block in range(config.depth):  # biases that are off
        found.setdefault(f"{block}.b_in", np.zeros(config.width, found["W_E"].dtype))
        found.setdefault(f"{block}.b_out", np.zeros(config.d_model, found["W_E"].dtype))
    return found


def _positions(config: Config) -> Array:
    """Constant positions, [tokens, d_model]: 0, or sines over √d_model (Vaswani et al. 2017)."""
    count, d = len(config.sequence_tokens), config.d_model
    if config.positional == "none":
        return np.zeros((count, d))
    feature = np.arange(d)
    angle = np.arange(count)[:, None] / 10000 ** ((feature - feature % 2) / d)
    return np.where(feature % 2 == 0, np.sin(angle), np.cos(angle)) / math.sqrt(d)


def _layer_norm(of: dict[str, Array], ours: str, theirs: str) -> dict[str, Array]:
    return {f"{theirs}.w": of[f"{ours}.gain"], f"{theirs}.b": of[f"{ours}.shift"]}
