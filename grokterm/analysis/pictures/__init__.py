"""Pictures of a model: for each pane the small arrays that it draws, from pure functions of one model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

import torch
from msgspec import structs

from grokterm.analysis.model_at_step import ModelAtStep, UndefinedError, no_pairs
from grokterm.analysis.pictures.picture import Make
from grokterm.errors import ConfigError
from grokterm.picture import Picture, PictureRequest
from grokterm.spelling import unknown


def _pictures(name: str) -> Iterator[tuple[str, Make]]:
    """Every entry of a mapping of this name in the files here."""
    for module in iter_modules(__path__, f"{__name__}."):
        yield from getattr(import_module(module.name), name, {}).items()


PICTURES: Final[Mapping[str, Make]] = dict(_pictures("PICTURES"))
"""What makes each picture, by the name of its view or of what the board shows."""
_OF_ANY_TASK: Final[Mapping[str, Make]] = dict(_pictures("OF_ANY_TASK"))
"""Those that need no table of pairs, or make do without one."""


@torch.no_grad()
def make_picture(request: PictureRequest, model: ModelAtStep) -> Picture:
    """The picture of a model; where undefined, without arrays and with the reason. Raises ConfigError."""
    if request.name not in PICTURES:
        raise ConfigError(unknown("picture", request.name, list(PICTURES)))
    if request.ablation != model.ablation:
        model = replace(model, ablation=request.ablation)
    try:
        if not model.config.of_pairs and request.name not in _OF_ANY_TASK:
            raise UndefinedError(no_pairs(model.config))
        made = PICTURES[request.name](model, request.chosen)
    except UndefinedError as why:
        made = Picture(summary=str(why))
    return structs.replace(made, request=request, step=model.step, past=model.present is not None)


__all__ = ["PICTURES", "make_picture"]
