"""Models: pure functions, `init`, `logits` and `trace`, over a dict of tensors; a file an architecture."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

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
def _models() -> dict[Architecture, type[Model]]:
    """Every model by the name of its architecture: those in `MODELS` of the modules here."""
    found: dict[Architecture, type[Model]] = {}
    for module in iter_modules(__path__, f"{__name__}."):
        found |= getattr(import_module(module.name), "MODELS", {})
    return found


@cache
def _networks() -> dict[Architecture, type[Network]]:
    """Every model of other than two inputs by the name of its architecture: those in `NETWORKS` of the modules here."""
    found: dict[Architecture, type[Network]] = {}
    for module in iter_modules(__path__, f"{__name__}."):
        found |= getattr(import_module(module.name), "NETWORKS", {})
    return found


def build(config: Config, product: Product = torch.matmul) -> Model:
    """The model of a configuration of pairs, with its matrix products taken by `product`; raises ConfigError."""
    if not config.of_pairs:
        raise ConfigError(f"this is defined for tables of two inputs, and {config.task_words} has none")
    make: type[Model] = made("architecture", config.arch, Model) or _models()[config.arch]
    return make(config, product)


def build_any(config: Config, product: Product = torch.matmul) -> Network:
    """The model of any configuration, with its matrix products taken by `product`."""
    return build(config, product) if config.of_pairs else _networks()[config.arch](config, product)
