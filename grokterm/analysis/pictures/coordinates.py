"""The picture of a parity: how much weight lies on each coordinate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch

from grokterm.analysis.model_at_step import ModelAtStep, UndefinedError
from grokterm.analysis.pictures.picture import Chosen, Make, picture_of
from grokterm.lab.tuples import secret_coordinates
from grokterm.picture import Picture


def coordinates(model: ModelAtStep, chosen: Chosen) -> Picture:
    """`norms` [n], the Euclidean norm of each coordinate's weights, and `secret` int64 [k], counted from 1.

    They are what the coordinate adds to the first layer where it is 1, and takes from it where it is −1.
    """
    config = model.config
    if not config.of_points:
        raise UndefinedError(f"not defined for {config.task_words}: it has residues, and no coordinates")
    rows = model.any_network.coordinate_rows(dict(model.parameters))
    if rows is None:
        raise UndefinedError(f"not defined for {config.arch}: it reads all coordinates by the same weights")
    return picture_of(
        {"norms": torch.linalg.vector_norm(rows.float(), dim=-1), "secret": secret_coordinates(config) + 1},
        summary=config.architecture.embedding_words,
    )


PICTURES: Final[Mapping[str, Make]] = {"coordinates": coordinates}
"""What makes the picture of a parity."""
OF_ANY_TASK: Final = PICTURES
"""Those that need no table of pairs."""
