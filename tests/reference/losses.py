"""Losses and penalties as a textbook writes them, a pair at a time where that is plainest."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor
from torch.nn import functional

from grokterm.config import Config
from tests.reference.plain import plain_logits


def plain_loss(config: Config, logits: Tensor, labels: Tensor) -> Tensor:
    """The mean loss of logits [n, classes]."""
    logits = logits / config.temperature
    classes = logits.shape[-1]
    match config.loss:
        case "cross-entropy":
            return functional.cross_entropy(logits, labels)
        case "mse":
            return functional.mse_loss(logits, functional.one_hot(labels, classes).to(logits.dtype))
        case "hinge":
            return functional.multi_margin_loss(logits, labels) * classes / (classes - 1)
        case "stablemax":
            s = torch.where(logits >= 0, logits + 1, 1 / (1 - logits))
            share = s / s.sum(-1, keepdim=True)
            return -share[torch.arange(len(labels)), labels].log().mean()


def jacobian(config: Config, parameters: Mapping[str, Tensor], a: int, b: int) -> Tensor:
    """∂logits/∂input of one pair, [classes, features]; the input is the one-hot pair, or the two embeddings."""

    def logits(inputs: Tensor) -> Tensor:
        changed = dict(parameters)
        first, second = inputs.chunk(2)
        p, pair = config.p, (torch.tensor([a]), torch.tensor([b]))
        match config.arch:
            case "one-hot":  # a sum of rows is the row of a sum
                changed["W_a"] = (first @ parameters["W_a"]).expand(p, -1)
                changed["W_b"] = (second @ parameters["W_b"]).expand(p, -1)
            case "mlp":
                changed["E_a"], changed["E_b"] = first.expand(p, -1), second.expand(p, -1)
            case "transformer":
                assert a != b, "one row of the embedding would be both"
                rows = list(parameters["W_E"])
                rows[a], rows[b] = first, second
                changed["W_E"] = torch.stack(rows)
        return plain_logits(config, changed, *pair)[0]

    if config.arch == "one-hot":
        given = torch.cat([functional.one_hot(torch.tensor(n), config.p) for n in (a, b)]).to(parameters["b_1"].dtype)
    elif config.arch == "mlp":
        given = torch.cat([parameters["E_a"][a], parameters["E_b"][b]])
    else:
        given = torch.cat([parameters["W_E"][a], parameters["W_E"][b]])
    found: Tensor = torch.autograd.functional.jacobian(logits, given)  # type: ignore[no-untyped-call]
    return found
