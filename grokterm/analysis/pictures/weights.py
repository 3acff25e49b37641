"""Pictures of the weight matrices: one of them now, and over the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import torch
from torch import Tensor

from grokterm.analysis.model_at_step import ModelAtStep
from grokterm.analysis.neuron_waves import reference_model, wave_order
from grokterm.analysis.pictures.picture import Chosen, Make, pick, picture_of
from grokterm.analysis.weights import downsampled, matrices
from grokterm.picture import Picture

STEPS: Final = 8
"""Steps at which one matrix is shown."""
ORDERS: Final = ("as they are", "by frequency")
"""In what order neurons stand."""
_LARGE: Final = (116, 200)
"""Rows and columns of one matrix at most: more points no screen has."""
_SMALL: Final = (60, 100)
"""The same for one of several, where nobody says how many there is room for."""


def matrix(model: ModelAtStep, chosen: Chosen) -> Picture:
    """`values` [rows, columns] of one chosen matrix and its true `shape` [2]; `matrix` names all, `axes` its two.

    Neurons of the first layer stand as they are or, with `neurons` 1, by frequency. Where the matrix is larger than a
    screen a point stands for a block, and shows its number of largest magnitude.
    """
    named = matrices(model.config, model.parameters)
    name = list(named)[pick(chosen, "matrix", len(named))]
    values = _in_order(reference_model(model), name, chosen)(named[name])
    arrays = {"values": downsampled(values, *_LARGE), "shape": torch.tensor(values.shape)}
    return picture_of(arrays, {"matrix": tuple(named), "axes": _axes(model, name)})


def matrix_over_time(model: ModelAtStep, chosen: Chosen) -> Picture:
    """`values` [steps, rows, columns] of a part of one chosen matrix at up to eight `steps`, the last one now; `shape`.

    Neurons of the first layer stand as they are or, with `neurons` 1, by their frequency in the present model.
    """
    named = matrices(model.config, model.parameters)
    name = list(named)[pick(chosen, "matrix", len(named))]
    models = [*evenly(model.earlier(), STEPS - 1), model]
    order = _in_order(reference_model(model), name, chosen)
    rows, columns = (max(chosen.get(side, most), 1) for side, most in zip(("rows", "columns"), _SMALL, strict=True))
    axes = _axes(model, name)
    values = torch.stack([_part(order(one.parameters[name]), axes, (rows, columns)) for one in models])
    arrays = {
        "values": values,
        "steps": torch.tensor([one.step for one in models]),
        "shape": torch.tensor(named[name].shape),
    }
    words = "" if len(models) > 1 else "the first checkpoint is still to come"
    return picture_of(arrays, {"matrix": tuple(named), "axes": axes}, words)


def evenly(models: Sequence[ModelAtStep], count: int) -> list[ModelAtStep]:
    """At most `count` of them with the first, their steps as evenly spread as they allow."""
    if len(models) <= count:
        return list(models)
    return [models[i * len(models) // count] for i in range(count)]


def _part(matrix: Tensor, axes: tuple[str, str], most: tuple[int, int]) -> Tensor:
    """A part of a matrix in which each point is one weight: neurons evenly spread, of all else the first."""
    for dim, (axis, count) in enumerate(zip(axes, most, strict=True)):
        size = matrix.shape[dim]
        if size > count:
            every = torch.arange(count, device=matrix.device)
            matrix = matrix.index_select(dim, every * size // count if axis.startswith("neuron") else every)
    return matrix


def _axes(model: ModelAtStep, name: str) -> tuple[str, str]:
    rows, columns = model.any_network.axes(name)
    return rows, "class, last =" if columns == "class" and model.config.classes == "p+1" else columns


class _Order:
    """Sorts the axes of a matrix that count neurons of the first layer."""

    def __init__(self, axes: tuple[str, ...], order: Tensor | None) -> None:
        self._axes, self._order = axes, order

    def __call__(self, matrix: Tensor) -> Tensor:
        for dim, axis in enumerate(self._axes):
            if axis == "neuron" and self._order is not None:
                matrix = matrix.index_select(dim, self._order)
        return matrix


def _in_order(model: ModelAtStep, name: str, chosen: Chosen) -> _Order:
    of_first_layer = "." not in name or name.startswith("0.")
    if pick(chosen, "neurons", len(ORDERS)) != 1 or not model.config.of_pairs:
        return _Order(_axes(model, name), None)
    deep = model.config.depth > 1 and name == model.network.outgoing(model.config.depth - 1)
    wanted = of_first_layer and not deep
    return _Order(_axes(model, name), wave_order(model) if wanted else None)


PICTURES: Final[Mapping[str, Make]] = {"matrices": matrix, "matrix_over_time": matrix_over_time}
"""What makes each picture of the weights."""
OF_ANY_TASK: Final = PICTURES
"""Those that need no table of pairs."""
