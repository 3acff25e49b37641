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
    norms = torch.stack([torch.linalg.vector_norm(tensor) for tensor in parameters.values()])
    squares = dict(zip(parameters, norms.cpu().double().square().tolist(), strict=True))
    matrices = frozenset(name for name, tensor in parameters.items() if tensor.ndim == 2)
    return measures_of_squares(scores, counts, squares, matrices, gradient_norm, weight_change_l1)


def squares_of_each(parameters: Mapping[str, Tensor]) -> list[dict[str, float]]:
    """The sums of squares of the parameters of each replica, which is their one leading axis."""
    norms = torch.stack([torch.linalg.vector_norm(tensor.flatten(1), dim=1) for tensor in parameters.values()], 1)
    return [dict(zip(parameters, row, strict=True)) for row in norms.cpu().double().square().tolist()]


def measures_of_squares(
    scores: Sequence[tuple[float, int]],
    counts: tuple[int, int],
    squares: Mapping[str, float],
    matrices: frozenset[str],
    gradient_norm: float | None,
    weight_change_l1: float | None,
) -> Measures:
    """The same from the sums of squares by name, and which of the parameters are matrices."""
    (train_loss, train_right), (test_loss, test_right) = scores
    return Measures(
        train_loss=train_loss / counts[0],
        test_loss=test_loss / counts[1],
        train_accuracy=train_right / counts[0],
        test_accuracy=test_right / counts[1],
        sum_squared_weights=sum(squares.values()),
        squared_weights={name: square for name, square in squares.items() if name in matrices},
        gradient_norm=gradient_norm,
        weight_change_l1=weight_change_l1,
    )
