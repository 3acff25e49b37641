"""What happens inside a model: the activations of every layer for given pairs, by name (`Model.trace`)."""

from __future__ import annotations

from collections.abc import Mapping

from torch import Tensor

from grokterm.analysis.cancellation import check_cancelled
from grokterm.config import Config
from grokterm.lab.models import build
from grokterm.lab.models.model import LOGITS

Parameters = Mapping[str, Tensor]


def input_tables(config: Config, parameters: Parameters) -> tuple[Tensor, Tensor]:
    """The rows [..., p, features] that a and b are looked up in: first-layer weights or embeddings."""
    return build(config).residue_tables(parameters)


def neuron_layers(config: Config) -> list[str]:
    """The names of the layers of neurons in `activations`, first to last."""
    return build(config).neuron_layers


def activations(
    config: Config,
    parameters: Parameters,
    a: Tensor,
    b: Tensor,
    tables: tuple[Tensor, Tensor] | None = None,
    last: str = LOGITS,
) -> dict[str, Tensor]:
    """Activations by layer, [..., m, features] for m pairs a, b (int64 [m]), as `Model.trace` says."""
    check_cancelled()
    return build(config).trace(parameters, a, b, tables, last)


def grid_activations(config: Config, parameters: Parameters, a: Tensor, b: Tensor, layer: str) -> Tensor:
    """Activations of a layer for each of a (int64 [m]) with each of b (int64 [n]), [..., m, n, features]."""
    check_cancelled()
    found = build(config).trace_grid(parameters, a, b, layer)[layer]
    return found.view(*found.shape[:-2], len(a), len(b), -1)
