"""What the parameters are held to after each step."""

from __future__ import annotations

import torch
from torch import Tensor

from grokterm.lab.optimizers.hyperparameters import Hyperparameters


class NormClamp:
    """Holds ‖θ‖ at a factor of what it was at the start (Omnigrok: Liu, Michaud & Tegmark 2023, arXiv:2210.01117)."""

    def __init__(self, start: Tensor) -> None:
        """`start` [..., size]: the parameters with which the model began."""
        self.norm = torch.linalg.vector_norm(start, dim=-1, keepdim=True)

    def apply(self, parameters: Tensor, hyper: Hyperparameters) -> None:
        """Rescale parameters [..., size], in place."""
        norm = torch.linalg.vector_norm(parameters, dim=-1, keepdim=True)
        parameters.mul_(hyper.norm_clamp.to(parameters.dtype) * self.norm / norm)
