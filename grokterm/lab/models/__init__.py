"""Models: pure functions, `init`, `logits` and `trace`, over a dict of tensors; a file an architecture."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

import torch

from grokterm.config import Config
from grokterm.config.architectures import Architecture
from grokterm.lab.models.model import Model, Parameters
from grokterm.lab.precision import Product

__all__ = ["Model", "Parameters", "build"]


@cache
def _models() -> dict[Architecture, type[Model]]:
    """Every model by the name of its architecture: those in `MODELS` of the modules here."""
    found: dict[Architecture, type[Model]] = {}
    for module in iter_modules(__path__, f"{__name__}."):
        found |= getattr(import_module(module.name), "MODELS", {})
    return found


def build(config: Config, product: Product = torch.matmul) -> Model:
    """The model of a configuration, with its matrix products taken by `product`."""
    return _models()[config.arch](config, product)
