"""A step that is taken again as a graph of CUDA takes it: with the memory and the host's numbers of its capture."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode


class Captured(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """The operations of a step on a gradient, which is taken once to be captured."""

    def __init__(self, step: Callable[[Tensor], object], gradient: Tensor) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._calls: list[Callable[[], object]] = []
        self._gradient = gradient.clone()
        with self:
            step(self._gradient)

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))

        def again() -> None:
            for old, new in zip(_tensors(made), _tensors(func(*args, **(kwargs or {}))), strict=True):
                old.copy_(new)  # a view is the same memory

        self._calls.append(again)
        return made

    @torch.no_grad()
    def __call__(self, gradient: Tensor) -> None:
        """Takes the step again, with another gradient."""
        self._gradient.copy_(gradient)
        for call in self._calls:
            call()


def _tensors(made: Any) -> list[Tensor]:
    return [one for one in (made if isinstance(made, (list, tuple)) else [made]) if isinstance(one, Tensor)]
