"""The activations, written out."""

from __future__ import annotations

from torch import Tensor
from torch.nn import functional

from grokterm.config import Config


def activate(config: Config, x: Tensor) -> Tensor:
    match config.activation:
        case "relu":
            return x.clamp(min=0)
        case "gelu":
            return functional.gelu(x)
        case "quadratic":
            return x * x
