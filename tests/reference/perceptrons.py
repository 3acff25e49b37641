"""The MLPs as a textbook writes them: one-hot vectors, or embeddings, concatenated, then nn.Linear."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import torch
from torch import Tensor, nn
from torch.nn import functional

from grokterm.config import Config
from tests.reference.activations import activate


class PlainPerceptron(nn.Module):
    """Input of any size → width, depth times → p, evaluated pair by pair with no sharing."""

    def __init__(self, config: Config, inputs: int) -> None:
        super().__init__()
        self.config = config
        sizes = [inputs] + [config.width] * config.depth
        bias = config.bias != "off"
        self.hidden = nn.ModuleList(nn.Linear(m, n, bias) for m, n in itertools.pairwise(sizes))
        normed = config.layer_norm != "none"
        self.norms = nn.ModuleList(nn.LayerNorm(config.width) if normed else nn.Identity() for _ in self.hidden)
        self.out = nn.Linear(config.width, config.class_count, bias)

    def forward(self, x: Tensor) -> Tensor:
        for linear, norm in zip(self.hidden, self.norms, strict=True):
            x = linear(x)
            x = norm(x) if self.config.layer_norm == "pre" else x
            x = activate(self.config, x)
            x = norm(x) if self.config.layer_norm == "post" else x
        logits: Tensor = self.out(x)
        return logits


def perceptron_logits(config: Config, parameters: Mapping[str, Tensor], a: Tensor, b: Tensor) -> Tensor:
    """Logits [n, p] of mlp and mlp, differentiable by grokterm's parameters."""
    dtype = parameters["W_out"].dtype
    if config.arch == "one-hot":
        x = torch.cat([functional.one_hot(a, config.p), functional.one_hot(b, config.p)], -1).to(dtype)
    else:
        of_b = parameters["E_a" if config.tied == "on" else "E_b"]
        x = torch.cat([functional.embedding(a, parameters["E_a"]), functional.embedding(b, of_b)], -1)
    weights = {
        "hidden.0.weight": torch.cat([parameters["W_a"], parameters["W_b"]]).T,
        "out.weight": parameters["W_out"].T,
    }
    if config.bias != "off":
        weights |= {f"hidden.{layer - 1}.bias": parameters[f"b_{layer}"] for layer in range(1, config.depth + 1)}
        weights["out.bias"] = parameters["b_out"]
    for layer in range(1, config.depth + 1):
        if layer > 1:
            weights[f"hidden.{layer - 1}.weight"] = parameters[f"W_{layer}"].T
        if config.layer_norm != "none":
            weights[f"norms.{layer - 1}.weight"] = parameters[f"norm_{layer}.gain"]
            weights[f"norms.{layer - 1}.bias"] = parameters[f"norm_{layer}.shift"]
    module = PlainPerceptron(config, x.shape[-1]).to(dtype)
    logits: Tensor = torch.func.functional_call(module, weights, (x,), strict=True)
    return logits


TWINS = {"one-hot": perceptron_logits, "mlp": perceptron_logits}
