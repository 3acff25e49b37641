"""Which configurations may train together as replicas, and why others train alone."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final

import torch

from grokterm.config import Config, settings
from grokterm.config.optimizers import FILTERS, OPTIMIZERS
from grokterm.config.run import RunSettings
from grokterm.lab import devices
from grokterm.lab.models import Model, Network, build_any
from grokterm.lab.models.layout import Layout
from grokterm.lab.objective import Parts
from grokterm.lab.optimizers import Chain, Hyperparameters
from grokterm.lab.precision import DTYPES, product_for
from grokterm.plugins.items import Kind
from grokterm.plugins.registry import function

_MACHINE: Final = frozenset({"device", "precision"})
OF_A_RUN: Final = frozenset(
    {
        *(settings(RunSettings).keys() - _MACHINE),
        *Hyperparameters.__dataclass_fields__,
        "seed",
        "train_fraction",
        "train_size",
        "corrupt",
        "init",
        "init_scale",
        "ma_window",
        "decay_to",
    }
)
"""Settings in which replicas may differ, as far as the links of their optimizers are the same."""


def together(config: Config) -> Hashable | None:
    """What configurations have in common that may train together: equal keys may; None where one trains alone.

    With kernels loaded more may than without them.
    """
    if why_alone(config):
        return None
    own = OPTIMIZERS[config.optimizer].uses | FILTERS[config.filter].uses
    free = OF_A_RUN | {name for name, _ in config.own if name in own}
    free |= {"op"} if config.of_pairs else {"k"} if config.of_points else set()
    by_kernels = has_kernels(config)
    free |= {"batch_size"} if by_kernels else set()
    shared = tuple((name, value) for name, value in config.as_dict().items() if name not in free)
    return by_kernels, Chain.of(config), shared


def why_alone(config: Config) -> str:
    """Why a configuration cannot train together with others, in words; empty where it can."""
    parts = Parts.of(config)
    if parts.drops:
        return "dropout draws the neurons of one run at a time"
    if parts.aligns:
        return "the penalty of the Jacobian draws the projections of one run at a time"
    if function("architecture", config.arch) is not None:
        return f"the architecture {config.arch} is a plugin's, which may not know replicas with examples of their own"
    if has_kernels(config):
        return ""
    if function("loss", config.loss) is not None:
        return f"the loss {config.loss} is a plugin's, which may not know replicas with labels of their own"
    kinds: tuple[tuple[Kind, str], ...] = (("optimizer", config.optimizer), ("filter", config.filter))
    for kind, name in kinds:
        if function(kind, name) is not None:
            return f"the {kind} {name} is a plugin's, whose state may be one for all replicas"
    return ""


def has_kernels(config: Config) -> bool:
    """Whether the kernels take the steps of a configuration in this process; raises ConfigError."""
    device, precision = devices.resolve(config)
    return by_kernels(build_any(config, product_for(precision)), device, DTYPES[precision])


def by_kernels(network: Network, device: torch.device, dtype: torch.dtype) -> bool:
    """Whether they take those of a model on a device."""
    if device.type != "cpu" or not isinstance(network, Model) or Parts.of(network.config).why_not_by_kernels:
        return False
    layout = Layout(network.shapes())
    return network.has_kernel(layout.unflatten(torch.empty(layout.size, dtype=dtype)))
