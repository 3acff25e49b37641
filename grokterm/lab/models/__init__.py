"""Models: two pure functions each, `init` and `logits`, over a dict of tensors."""

from __future__ import annotations

from typing import Final

import torch

from grokterm.config import Config
from grokterm.config.architectures import Architecture
from grokterm.lab.models.embed_mlp import EmbedMlp
from grokterm.lab.models.mlp import Mlp
from grokterm.lab.models.model import Model, Parameters
from grokterm.lab.models.transformer import Transformer
from grokterm.lab.precision import Product

__all__ = ["ARCHITECTURES", "Model", "Parameters", "build"]

ARCHITECTURES: Final[dict[Architecture, type[Model]]] = {
    "mlp": Mlp,
    "embed-mlp": EmbedMlp,
    "transformer": Transformer,
}


def build(config: Config, product: Product = torch.matmul) -> Model:
    """The model of a configuration, with its matrix products taken by `product`."""
    return ARCHITECTURES[config.arch](config, product)
