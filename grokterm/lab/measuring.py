"""The measures of a step, from its scores and its parameters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from grokterm.measures import Measures


def measures_of(
    scores: Sequence[tuple[float, int]],
    counts: tuple[int, int],
    parameters: Mapping[str, Tensor],
    gradient_norm: float | None,
    weight_change_l1: float | None,
) -> Measures:
    """Means of the losses and right answers of so many train and test examples, and sums of squares of parameters."""
    (train_loss, train_right), (test_loss, test_right) = scores
    norms = torch.stack([torch.linalg.vector_norm(tensor) for tensor in parameters.values()])
    squares = dict(zip(parameters, norms.cpu().double().square().tolist(), strict=True))
    return Measures(
        train_loss=train_loss / counts[0],
        test_loss=test_loss / counts[1],
        train_accuracy=train_right / counts[0],
        test_accuracy=test_right / counts[1],
        sum_squared_weights=sum(squares.values()),
        squared_weights={name: square for name, square in squares.items() if parameters[name].ndim == 2},
        gradient_norm=gradient_norm,
        weight_change_l1=weight_change_l1,
    )
