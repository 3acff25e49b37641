"""Pictures of a model: for each view the small arrays that it draws, from pure functions of one model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch

from grokterm.analysis.model_at_step import ModelAtStep, UndefinedError
from grokterm.analysis.pictures.ablation import PICTURES as ABLATION
from grokterm.analysis.pictures.attention import PICTURES as ATTENTION
from grokterm.analysis.pictures.embedding import PICTURES as EMBEDDING
from grokterm.analysis.pictures.fourier import PICTURES as FOURIER
from grokterm.analysis.pictures.logits import PICTURES as LOGITS
from grokterm.analysis.pictures.neurons import PICTURES as NEURONS
from grokterm.analysis.pictures.paths import PICTURES as PATHS
from grokterm.analysis.pictures.picture import Chosen, Make, Picture
from grokterm.analysis.pictures.weights import PICTURES as WEIGHTS
from grokterm.errors import ConfigError
from grokterm.spelling import unknown

PICTURES: Final[Mapping[str, Make]] = {
    **FOURIER,
    **ATTENTION,
    **EMBEDDING,
    **WEIGHTS,
    **NEURONS,
    **LOGITS,
    **PATHS,
    **ABLATION,
}
"""What makes each picture, by the name of its view."""


@torch.no_grad()
def picture(name: str, model: ModelAtStep, chosen: Chosen) -> Picture:
    """The picture of the view `name`; where undefined, without arrays and with the reason. Raises ConfigError."""
    if name not in PICTURES:
        raise ConfigError(unknown("picture", name, list(PICTURES)))
    try:
        return PICTURES[name](model, chosen)
    except UndefinedError as why:
        return Picture({}, words=str(why))


__all__ = ["PICTURES", "Chosen", "Picture", "picture"]
