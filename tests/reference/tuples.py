"""The models of k inputs as a textbook writes them: nn.Linear on what an example is, or tokens through every layer."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from grokterm.config import Config
from tests.reference.activations import activate


def tuple_logits(config: Config, parameters: Mapping[str, Tensor], tokens: Tensor) -> Tensor:
    """Logits [n, classes] of tokens [n, k], an example at a time, differentiable by grokterm's parameters."""
    one = _transformer if config.arch == "transformer" else _perceptron
    return torch.stack([one(config, parameters, example) for example in tokens])


def _normal(config: Config, parameters: Mapping[str, Tensor], name: str, x: Tensor, where: str) -> Tensor:
    if config.layer_norm != where:
        return x
    return functional.layer_norm(x, x.shape[-1:], parameters[f"{name}.gain"], parameters[f"{name}.shift"])


def _perceptron(config: Config, parameters: Mapping[str, Tensor], example: Tensor) -> Tensor:
    dtype = parameters["W_out"].dtype
    values = 2 if config.task == "parity" else config.p
    if config.arch == "embed-mlp":
        tables = parameters["E"].chunk(len(example))
        x = torch.cat([table[token] for table, token in zip(tables, example.tolist(), strict=True)])
    elif config.task == "parity":
        x = torch.tensor([-1.0 if token else 1.0 for token in example.tolist()], dtype=dtype)
    else:
        x = functional.one_hot(example, values).flatten().to(dtype)
    for layer in range(1, config.depth + 1):
        x = functional.linear(x, parameters[f"W_{layer}"].T, parameters[f"b_{layer}"])
        x = activate(config, _normal(config, parameters, f"norm_{layer}", x, "pre"))
        x = _normal(config, parameters, f"norm_{layer}", x, "post")
    return functional.linear(x, parameters["W_out"].T, parameters["b_out"])


def _transformer(config: Config, parameters: Mapping[str, Tensor], example: Tensor) -> Tensor:
    values = 2 if config.task == "parity" else config.p
    sequence = [*example.tolist(), values]  # "=" comes last
    x = torch.stack([parameters["W_E"][token] + parameters["W_pos"][at] for at, token in enumerate(sequence)])
    for block in range(config.depth):
        of = {name.partition(".")[2]: p for name, p in parameters.items() if name.startswith(f"{block}.")}
        seen = _normal(config, of, "norm_attention", x, "pre")
        x = _normal(config, of, "norm_attention", x + _attention(config, of, seen), "post")
        hidden = activate(config, _normal(config, of, "norm_mlp", x, "pre") @ of["W_in"] + of["b_in"])
        x = _normal(config, of, "norm_mlp", x + hidden @ of["W_out"] + of["b_out"], "post")
    return _normal(config, parameters, "norm_out", x[-1], "pre") @ parameters["W_U"]


def _attention(config: Config, of: Mapping[str, Tensor], x: Tensor) -> Tensor:
    size = config.d_model // config.heads
    written = torch.zeros_like(x)
    for head in range(config.heads):
        columns = slice(head * size, (head + 1) * size)
        for to in range(len(x)):
            query = x[to] @ of["W_Q"][:, columns]
            scores = torch.stack([query @ (x[at] @ of["W_K"][:, columns]) for at in range(to + 1)]) / math.sqrt(size)
            values = torch.stack([x[at] @ of["W_V"][:, columns] for at in range(to + 1)])
            one_hot = functional.one_hot(torch.tensor(to), len(x)).to(x.dtype)
            written = written + one_hot[:, None] * (scores.softmax(0) @ values @ of["W_O"][columns])
    return written
