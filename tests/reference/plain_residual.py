"""The residual MLP as a textbook writes it: a sum of embeddings, then blocks that are added to what they read."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

from grokterm.config import Config
from tests.reference.activations import activate


class PlainResidual(nn.Module):
    def __init__(self, config: Config) -> None:
        super().__init__()
        self.config, d, bias = config, config.d_model, config.bias != "off"
        self.of_a, self.of_b = nn.Embedding(config.p, d), nn.Embedding(config.p, d)
        self.inner = nn.ModuleList(nn.Linear(d, config.width, bias) for _ in range(config.depth))
        self.outer = nn.ModuleList(nn.Linear(config.width, d, bias) for _ in range(config.depth))
        normed = config.layer_norm != "none"
        self.norms = nn.ModuleList(nn.LayerNorm(d) if normed else nn.Identity() for _ in range(config.depth))
        self.norm_out = nn.LayerNorm(d) if config.layer_norm == "pre" else nn.Identity()
        self.unembed = nn.Linear(d, config.class_count, bias)

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        x = self.of_a(a) + self.of_b(b)
        for inner, outer, norm in zip(self.inner, self.outer, self.norms, strict=True):
            if self.config.layer_norm == "post":
                x = norm(x + outer(activate(self.config, inner(x))))
            else:
                x = x + outer(activate(self.config, inner(norm(x))))
        logits: Tensor = self.unembed(self.norm_out(x))
        return logits


def residual_logits(config: Config, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
    """Logits [n, classes], differentiable by grokterm's parameters."""
    weights = {"of_a.weight": parameters["E_a"], "of_b.weight": parameters["E_b"]}
    linears = {"unembed": "U", **{f"inner.{i}": f"{i}.in" for i in range(config.depth)}}
    for linear, name in {**linears, **{f"outer.{i}": f"{i}.out" for i in range(config.depth)}}.items():
        block, _, kind = name.rpartition(".")
        prefix = f"{block}." if block else ""
        weights[f"{linear}.weight"] = parameters[f"{prefix}W_{kind}"].T
        if config.bias != "off":
            weights[f"{linear}.bias"] = parameters[f"{prefix}b_{kind}"]
    for block_index in range(config.depth) if config.layer_norm != "none" else ():
        weights[f"norms.{block_index}.weight"] = parameters[f"{block_index}.norm.gain"]
        weights[f"norms.{block_index}.bias"] = parameters[f"{block_index}.norm.shift"]
    if config.layer_norm == "pre":
        weights |= {"norm_out.weight": parameters["norm_out.gain"], "norm_out.bias": parameters["norm_out.shift"]}
    module = PlainResidual(config).to(parameters["E_a"].dtype)
    logits: Tensor = torch.func.functional_call(module, weights, (a, b), strict=True)
    return logits


TWINS = {"residual-mlp": residual_logits}
