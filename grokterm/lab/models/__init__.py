"""Models: pure functions, `init`, `logits` and `trace`, over a dict of tensors; a file an architecture."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Any, Literal

import torch

from grokterm.config import Config
from grokterm.config.architectures import Architecture
from grokterm.errors import ConfigError
from grokterm.lab.models.model import Model, Parameters
from grokterm.lab.models.network import Network
from grokterm.lab.precision import Product
from grokterm.plugins.registry import made

__all__ = ["Model", "Network", "Parameters", "build", "build_any"]


@cache
def _by_architecture(table: Literal["MODELS", "NETWORKS"]) -> dict[Architecture, Any]:
    """The classes by the name of their architecture: those in `table` of the modules here.

    `MODELS` are of pairs, and `NETWORKS` of any other number of inputs.
    """
    found: dict[Architecture, Any] = {}
    for module in iter_modules(__path__, f"{__name__}."):
        found |= getattr(import_module(module.name), table, {})
    return found


def build(config: Config, product: Product = torch.matmul) -> Model:
    """The model of a configuration of pairs, with its matrix products taken by `product`; raises ConfigError."""
    if not config.of_pairs:
        raise ConfigError(f"this is defined for tables of two inputs, and {config.task_words} has none")
    make: type[Model] = made("architecture", config.arch, Model) or _by_architecture("MODELS")[config.arch]
    return make(config, product)


def build_any(config: Config, product: Product = torch.matmul) -> Network:
    """The model of any configuration, with its matrix products taken by `product`."""
    if config.of_pairs:
        return build(config, product)
    make: type[Network] = _by_architecture("NETWORKS")[config.arch]
    return make(config, product)
