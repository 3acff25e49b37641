"""Pictures of a model: for each view the small arrays that it draws, from pure functions of one model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from pkgutil import iter_modules
from typing import Final

import torch

from grokterm.analysis.model_at_step import ModelAtStep, UndefinedError
from grokterm.analysis.pictures.picture import Chosen, Make, Picture
from grokterm.errors import ConfigError
from grokterm.spelling import unknown


def _pictures() -> Iterator[tuple[str, Make]]:
    """Every entry of a `PICTURES` in the files here."""
    for module in iter_modules(__path__, f"{__name__}."):
        yield from getattr(import_module(module.name), "PICTURES", {}).items()


PICTURES: Final[Mapping[str, Make]] = dict(_pictures())
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
