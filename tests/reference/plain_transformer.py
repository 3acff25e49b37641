"""The transformer as a textbook writes it: all tokens through every layer, full attention."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor, nn

from grokterm.config import Config
from tests.reference.activations import activate

VOCABULARY = {"=": 0, "eos": 1, "op": 2}
"""Rows of the embedding behind the residues."""


def sequence(config: Config) -> list[str]:
    return {"a-b-equals": "a b =", "eos-a-op-b-equals": "eos a op b ="}[config.sequence].split()


class PlainAttention(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, self.heads, self.d_head = config, config.heads, config.d_model // config.heads
        d, bias = config.d_model, config.bias == "all"
        self.query, self.key, self.value, self.out = (nn.Linear(d, d, bias) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        outputs = []
        for head in range(self.heads):
            of_head = slice(head * self.d_head, (head + 1) * self.d_head)
            q, k, v = self.query(x)[..., of_head], self.key(x)[..., of_head], self.value(x)[..., of_head]
            scores = q @ k.mT / math.sqrt(self.d_head)
            ones = torch.ones(x.shape[-2], x.shape[-2], dtype=x.dtype)
            if self.config.causal == "on":
                scores, ones = scores.masked_fill(ones.triu(1) == 1, -math.inf), ones.tril()
            rate = self.config.attention_rate
            outputs.append((scores.softmax(-1) * rate + (1 - rate) * ones) @ v)
        mixed: Tensor = self.out(torch.cat(outputs, -1))
        return mixed


class PlainBlock(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config = config
        self.attention = PlainAttention(config)
        self.inner = nn.Linear(config.d_model, config.width, config.bias != "off")
        self.outer = nn.Linear(config.width, config.d_model, config.bias != "off")
        normed = config.layer_norm != "none"
        self.norm_attention = nn.LayerNorm(config.d_model) if normed else nn.Identity()
        self.norm_mlp = nn.LayerNorm(config.d_model) if normed else nn.Identity()

    def feed(self, x: Tensor) -> Tensor:
        fed: Tensor = self.outer(activate(self.config, self.inner(x)))
        return fed

    def forward(self, x: Tensor) -> Tensor:
        if self.config.layer_norm == "post":
            x = self.norm_attention(x + self.attention(x))
            normed: Tensor = self.norm_mlp(x + self.feed(x))
            return normed
        x = x + self.attention(self.norm_attention(x))
        return x + self.feed(self.norm_mlp(x))


class PlainTransformer(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.p, self.sequence = config.p, sequence(config)
        self.tokens = nn.Embedding(config.p + len(self.sequence) - 2, config.d_model)
        self.positions = nn.Embedding(len(self.sequence), config.d_model)
        self.blocks = nn.Sequential(*(PlainBlock(config) for _ in range(config.depth)))
        self.norm_out = nn.LayerNorm(config.d_model) if config.layer_norm == "pre" else nn.Identity()
        self.unembed = nn.Linear(config.d_model, config.class_count, config.bias == "all")

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        numbers = {"a": a, "b": b}
        read = [
            numbers[token] if token in numbers else torch.full_like(a, self.p + VOCABULARY[token])
            for token in self.sequence
        ]
        x = self.tokens(torch.stack(read, -1)) + self.positions.weight
        logits: Tensor = self.unembed(self.norm_out(self.blocks(x)))
        return logits[:, -1]


def positions(config: Config, parameters: Mapping[str, Tensor]) -> Tensor:
    """Learned; zeros; or the sines and cosines of Vaswani et al. 2017, section 3.5, over √d."""
    if config.positional == "learned":
        return parameters["W_pos"]
    count = len(sequence(config))
    found = torch.zeros(count, config.d_model, dtype=parameters["W_E"].dtype)
    if config.positional == "sinusoidal":
        for at in range(count):
            for i in range(config.d_model):
                angle = at / 10000 ** (2 * (i // 2) / config.d_model)
                wave = math.cos(angle) if i % 2 else math.sin(angle)
                found[at, i] = wave / math.sqrt(config.d_model)
    return found


def transformer_logits(config: Config, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
    """Logits [n, p], differentiable by grokterm's parameters."""
    weights = {
        "tokens.weight": parameters["W_E"],
        "positions.weight": positions(config, parameters),
        "unembed.weight": parameters["W_E"][: config.class_count] if config.tied == "on" else parameters["W_U"].T,
    }
    linears = {"W_Q": "attention.query", "W_K": "attention.key", "W_V": "attention.value", "W_O": "attention.out"}
    for block in range(config.depth):
        for name, linear in {**linears, "W_in": "inner", "W_out": "outer"}.items():
            weights[f"blocks.{block}.{linear}.weight"] = parameters[f"{block}.{name}"].T
        for name, linear in {"b_in": "inner", "b_out": "outer"}.items() if config.bias != "off" else ():
            weights[f"blocks.{block}.{linear}.bias"] = parameters[f"{block}.{name}"]
        for name, linear in linears.items() if config.bias == "all" else ():
            weights[f"blocks.{block}.{linear}.bias"] = parameters[f"{block}.b{name[1:]}"]
        if config.layer_norm != "none":
            for norm in ("norm_attention", "norm_mlp"):
                weights[f"blocks.{block}.{norm}.weight"] = parameters[f"{block}.{norm}.gain"]
                weights[f"blocks.{block}.{norm}.bias"] = parameters[f"{block}.{norm}.shift"]
    if config.layer_norm == "pre":
        weights |= {"norm_out.weight": parameters["norm_out.gain"], "norm_out.bias": parameters["norm_out.shift"]}
    if config.bias == "all":
        weights["unembed.bias"] = parameters["b_U"]
    module = PlainTransformer(config).to(parameters["W_E"].dtype)
    logits: Tensor = torch.func.functional_call(module, weights, (a, b), strict=True)
    return logits


TWINS = {"transformer": transformer_logits}
