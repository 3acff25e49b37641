"""The state of an engine: its tensors by name, and how it is kept where a change of it fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import torch
from torch import Tensor

from grokterm.lab.models.layout import Layout


def named_tensors(
    parameters: Mapping[str, Tensor], of_optimizer: Mapping[str, Tensor], layout: Layout, flat: torch.Size
) -> dict[str, Tensor]:
    """Parameters and an optimizer's state by name, as views; those of the shape `flat` are split by parameter."""
    named = {f"parameters.{name}": tensor for name, tensor in parameters.items()}
    for name, tensor in of_optimizer.items():
        if tensor.shape == flat:
            parts = layout.unflatten(tensor)
            named |= {f"optimizer.{name}.{parameter}": part for parameter, part in parts.items()}
        else:
            named[f"optimizer.{name}"] = tensor
    return named


@contextmanager
def unchanged_on_failure(owner: object) -> Iterator[None]:
    """A context whose failure leaves the attributes of `owner` as they were."""
    before = vars(owner).copy()
    try:
        yield
    except BaseException:
        vars(owner).update(before)
        raise
