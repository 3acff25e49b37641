"""What is done to a gradient before a rule sees it."""

from __future__ import annotations

from typing import Final

import torch
from torch import Tensor

from grokterm.config.optimizers import Filter as FilterName
from grokterm.lab.models.layout import Layout
from grokterm.lab.optimizers.hyperparameters import Hyperparameters

_TINY: Final = 1e-30
"""Against division by zero, as the authors of ⊥Grad have it."""


class Filter:
    """The gradient as it is."""

    def __init__(self, parameters: Tensor, layout: Layout, window: int) -> None:
        """Of parameters [..., size], each at its place in `layout`; `window` gradients are held by what holds some."""
        self.layout = layout

    def filtered(self, parameters: Tensor, gradient: Tensor, hyper: Hyperparameters) -> Tensor:
        """The gradient [..., size] for the rule; what is given stays as it is."""
        return gradient

    def state_dict(self) -> dict[str, Tensor]:
        """Its tensors by name."""
        return {}


class GrokfastEma(Filter):
    """g + λμ with μ ← αμ + (1 − α)g (Lee et al. 2024, arXiv:2405.20233); μ begins as the first gradient."""

    def __init__(self, parameters: Tensor, layout: Layout, window: int) -> None:
        super().__init__(parameters, layout, window)
        self.slow = torch.zeros_like(parameters)
        *replicas, _ = parameters.shape
        self.seen = parameters.new_zeros([*replicas, 1] if replicas else [], dtype=torch.int64)

    def filtered(self, parameters: Tensor, gradient: Tensor, hyper: Hyperparameters) -> Tensor:
        """See `Filter`."""
        taken = torch.where(self.seen < 1, torch.ones_like(hyper.ema_alpha), 1 - hyper.ema_alpha)
        self.slow.lerp_(gradient, taken.to(gradient.dtype))
        self.seen += 1
        return gradient + self.slow * hyper.ema_lambda.to(gradient.dtype)

    def state_dict(self) -> dict[str, Tensor]:
        """The running mean [..., size], and how many gradients it has seen, of each replica."""
        return {"slow_gradient": self.slow, "gradients_seen": self.seen}


class GrokfastMa(Filter):
    """g + λ·mean of the last w gradients, this one included, from the w-th on (Lee et al. 2024, algorithm 1)."""

    def __init__(self, parameters: Tensor, layout: Layout, window: int) -> None:
        super().__init__(parameters, layout, window)
        *replicas, size = parameters.shape
        self.last = parameters.new_zeros(*replicas, window, size)
        self.seen = parameters.new_zeros(*replicas, 1, dtype=torch.int64)

    def filtered(self, parameters: Tensor, gradient: Tensor, hyper: Hyperparameters) -> Tensor:
        """See `Filter`.

        The mean is taken anew at every step: in a running sum, what rounding left of the large gradients at the
        beginning would stand beside those that are a millionth of them.
        """
        window, row = self.last.shape[-2], gradient[..., None, :]
        self.last.scatter_(-2, (self.seen % window)[..., None].expand_as(row), row)
        self.seen += 1
        share = torch.where(self.seen < window, torch.zeros_like(hyper.ma_lambda), hyper.ma_lambda)
        return gradient + self.last.mean(-2) * share.to(gradient.dtype)

    def state_dict(self) -> dict[str, Tensor]:
        """The last gradients, [..., w, size], in a ring, and how many there were."""
        return {"last_gradients": self.last, "gradients_seen": self.seen}


class OrthoGrad(Filter):
    """g less its part along the weights, rescaled to ‖g‖, a tensor at a time (⊥Grad: Prieto et al. 2025,
    arXiv:2501.04697)."""

    def filtered(self, parameters: Tensor, gradient: Tensor, hyper: Hyperparameters) -> Tensor:
        """See `Filter`."""
        parts = zip(self.layout.split(parameters), self.layout.split(gradient), strict=True)
        return torch.cat([_orthogonal(w, g) for w, g in parts], -1)


def _orthogonal(w: Tensor, g: Tensor) -> Tensor:
    along = torch.linalg.vecdot(w, g)[..., None] / (torch.linalg.vecdot(w, w)[..., None] + _TINY)
    across = g - along * w
    norms = [torch.linalg.vector_norm(x, dim=-1, keepdim=True) for x in (g, across)]
    scaled: Tensor = across * (norms[0] / (norms[1] + _TINY))
    return scaled


FILTERS: Final[dict[FilterName, type[Filter]]] = {
    "none": Filter,
    "grokfast-ema": GrokfastEma,
    "grokfast-ma": GrokfastMa,
    "orthograd": OrthoGrad,
}
